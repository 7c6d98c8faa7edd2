"""What a file says about its own making: the IPTC digital source type, without prompts or other private data."""

from __future__ import annotations

from ..document.document import Document, walk

_SOURCE = "http://cv.iptc.org/newscodes/digitalsourcetype/compositeWithTrainedAlgorithmicMedia"
_XMP = """<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>
<x:xmpmeta xmlns:x="adobe:ns:meta/">
 <rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
  <rdf:Description rdf:about="" xmlns:xmp="http://ns.adobe.com/xap/1.0/"
    xmlns:Iptc4xmpExt="http://iptc.org/std/Iptc4xmpExt/2008-02-29/">
   <xmp:CreatorTool>Downstage</xmp:CreatorTool>
   <Iptc4xmpExt:DigitalSourceType>%s</Iptc4xmpExt:DigitalSourceType>
  </rdf:Description>
 </rdf:RDF>
</x:xmpmeta>
<?xpacket end="r"?>""" % _SOURCE


def has_generated(document: Document) -> bool:
    """Whether any layer was made by an engine."""
    return any(getattr(node, "recipe", None) is not None for node, _depth, _parent in walk(document))


def xmp(document: Document) -> bytes | None:
    """An XMP packet (UTF-8) that declares generated content, or None when there is none."""
    return _XMP.encode() if has_generated(document) else None
