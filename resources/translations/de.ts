<?xml version="1.0" encoding="utf-8"?>
<!DOCTYPE TS>
<TS version="2.1" language="de" sourcelanguage="en">
<context>
    <name>ApartBar</name>
    <message>
        <source>Find {number} of {count}: Left, Right</source>
        <translation>Fund {number} von {count}: Links, Rechts</translation>
    </message>
    <message>
        <source>Looking…</source>
        <translation>Wird gesucht …</translation>
    </message>
    <message>
        <source>Only the ground without the thing, as a layer; the picture stays as it is</source>
        <translation>Nur der Grund ohne das Ding, als Ebene; das Bild bleibt, wie es ist</translation>
    </message>
    <message>
        <source>Remove</source>
        <translation>Entfernen</translation>
    </message>
    <message>
        <source>Take Apart</source>
        <translation>Zerlegen</translation>
    </message>
    <message>
        <source>The thing and the ground behind it as layers; the picture stays as it is (Enter)</source>
        <translation>Das Ding und der Grund dahinter als Ebenen; das Bild bleibt, wie es ist (Eingabe)</translation>
    </message>
    <message>
        <source>With its shadow and reflection</source>
        <translation>Mit Schatten und Spiegelung</translation>
    </message>
</context>
<context>
    <name>ApartCommands</name>
    <message>
        <source>Drag a box around a thing in the picture, or click on it.</source>
        <translation>Ziehen Sie einen Rahmen um ein Ding im Bild, oder klicken Sie darauf.</translation>
    </message>
    <message>
        <source>Nothing is selected.</source>
        <translation>Es ist nichts ausgewählt.</translation>
    </message>
    <message>
        <source>Take Apart</source>
        <translation>Zerlegen</translation>
    </message>
</context>
<context>
    <name>ArrangeCommands</name>
    <message>
        <source>Align {what}</source>
        <translation>{what} ausrichten</translation>
    </message>
    <message>
        <source>Canvas {width} × {height}</source>
        <translation>Arbeitsfläche {width} × {height}</translation>
    </message>
    <message>
        <source>Clear the guides</source>
        <translation>Hilfslinien löschen</translation>
    </message>
    <message>
        <source>Crop to the box</source>
        <translation>Auf den Rahmen zuschneiden</translation>
    </message>
    <message>
        <source>Distribute {what} horizontally</source>
        <translation>{what} horizontal verteilen</translation>
    </message>
    <message>
        <source>Distribute {what} vertically</source>
        <translation>{what} vertikal verteilen</translation>
    </message>
    <message>
        <source>Flip {what} horizontally</source>
        <translation>{what} horizontal spiegeln</translation>
    </message>
    <message>
        <source>Flip {what} vertically</source>
        <translation>{what} vertikal spiegeln</translation>
    </message>
    <message>
        <source>New guide</source>
        <translation>Neue Hilfslinie</translation>
    </message>
    <message>
        <source>Reset the transform of {what}</source>
        <translation>Transformation von {what} zurücksetzen</translation>
    </message>
    <message>
        <source>Reveal all</source>
        <translation>Alles einblenden</translation>
    </message>
</context>
<context>
    <name>BrushBar</name>
    <message>
        <source>Flow</source>
        <translation>Fluss</translation>
    </message>
    <message>
        <source>Hardness</source>
        <translation>Härte</translation>
    </message>
    <message>
        <source>Pen pressure:</source>
        <translation>Stiftdruck:</translation>
    </message>
    <message>
        <source>Size</source>
        <translation>Größe</translation>
    </message>
    <message>
        <source>The pen&apos;s pressure changes the flow</source>
        <translation>Der Stiftdruck ändert den Fluss</translation>
    </message>
    <message>
        <source>The pen&apos;s pressure changes the size</source>
        <translation>Der Stiftdruck ändert die Größe</translation>
    </message>
</context>
<context>
    <name>CandidateStrip</name>
    <message>
        <source>As a Layer of Its Own</source>
        <translation>Als eigene Ebene</translation>
    </message>
    <message>
        <source>Candidate {shown} of {count}</source>
        <translation>Kandidat {shown} von {count}</translation>
    </message>
    <message>
        <source>Candidates</source>
        <translation>Kandidaten</translation>
    </message>
    <message>
        <source>Delete</source>
        <translation>Löschen</translation>
    </message>
    <message>
        <source>Delete this candidate</source>
        <translation>Diesen Kandidaten löschen</translation>
    </message>
    <message>
        <source>Keep Only This One</source>
        <translation>Nur diesen behalten</translation>
    </message>
    <message>
        <source>Keep only this candidate</source>
        <translation>Nur diesen Kandidaten behalten</translation>
    </message>
    <message>
        <source>Make this candidate a layer of its own</source>
        <translation>Diesen Kandidaten zu einer eigenen Ebene machen</translation>
    </message>
    <message>
        <source>Seed {seed}</source>
        <translation>Startwert {seed}</translation>
    </message>
</context>
<context>
    <name>Canvas</name>
    <message>
        <source>Canvas</source>
        <translation>Arbeitsfläche</translation>
    </message>
</context>
<context>
    <name>CanvasSizeDialog</name>
    <message>
        <source>As a difference</source>
        <translation>Als Unterschied</translation>
    </message>
    <message>
        <source>Canvas Size</source>
        <translation>Größe der Arbeitsfläche</translation>
    </message>
    <message>
        <source>Height</source>
        <translation>Höhe</translation>
    </message>
    <message>
        <source>Stays in place</source>
        <translation>Bleibt an seiner Stelle</translation>
    </message>
    <message>
        <source>The {row} {column} stays in place</source>
        <translation>Der Punkt {row} {column} bleibt an seiner Stelle</translation>
    </message>
    <message>
        <source>What lies outside the canvas stays in its layers.</source>
        <translation>Was außerhalb der Arbeitsfläche liegt, bleibt in seinen Ebenen.</translation>
    </message>
    <message>
        <source>Width</source>
        <translation>Breite</translation>
    </message>
    <message>
        <source>bottom</source>
        <translation>unten</translation>
    </message>
    <message>
        <source>left</source>
        <translation>links</translation>
    </message>
    <message>
        <source>middle</source>
        <translation>Mitte</translation>
    </message>
    <message>
        <source>right</source>
        <translation>rechts</translation>
    </message>
    <message>
        <source>top</source>
        <translation>oben</translation>
    </message>
</context>
<context>
    <name>Clipboard</name>
    <message>
        <source>Copy a layer or a picture first.</source>
        <translation>Kopieren Sie zuerst eine Ebene oder ein Bild.</translation>
    </message>
    <message>
        <source>Open “{name}”</source>
        <translation>„{name}“ öffnen</translation>
    </message>
    <message>
        <source>Paste</source>
        <translation>Einfügen</translation>
    </message>
    <message>
        <source>Pasted</source>
        <translation>Eingefügt</translation>
    </message>
    <message>
        <source>Place as a Layer</source>
        <translation>Als Ebene platzieren</translation>
    </message>
    <message>
        <source>Place {count} Files as Layers</source>
        <translation>{count} Dateien als Ebenen platzieren</translation>
    </message>
    <message>
        <source>Save it as a file first, then drop the file.</source>
        <translation>Speichern Sie es zuerst als Datei, und legen Sie dann die Datei ab.</translation>
    </message>
    <message>
        <source>The clipboard holds no picture.</source>
        <translation>Die Zwischenablage enthält kein Bild.</translation>
    </message>
    <message>
        <source>What was dropped holds no picture.</source>
        <translation>Was abgelegt wurde, enthält kein Bild.</translation>
    </message>
</context>
<context>
    <name>ColourBar</name>
    <message>
        <source>Averaged over</source>
        <translation>Gemittelt über</translation>
    </message>
    <message>
        <source>Click the picture</source>
        <translation>Ins Bild klicken</translation>
    </message>
    <message>
        <source>Colour</source>
        <translation>Farbe</translation>
    </message>
    <message>
        <source>Copy</source>
        <translation>Kopieren</translation>
    </message>
    <message>
        <source>Copy the colour&apos;s name, such as #c04030</source>
        <translation>Den Namen der Farbe kopieren, etwa #c04030</translation>
    </message>
    <message>
        <source>One pixel</source>
        <translation>Ein Pixel</translation>
    </message>
    <message>
        <source>R {0}  G {1}  B {2}  alpha {3}</source>
        <translation>R {0}  G {1}  B {2}  Alpha {3}</translation>
    </message>
    <message>
        <source>{size} × {size} px</source>
        <translation>{size} × {size} px</translation>
    </message>
</context>
<context>
    <name>CommandPalette</name>
    <message>
        <source>Command</source>
        <translation>Befehl</translation>
    </message>
    <message>
        <source>Commands</source>
        <translation>Befehle</translation>
    </message>
    <message>
        <source>Type a command</source>
        <translation>Befehl eingeben</translation>
    </message>
</context>
<context>
    <name>Docks</name>
    <message>
        <source>Generate</source>
        <translation>Generieren</translation>
    </message>
    <message>
        <source>History</source>
        <translation>Verlauf</translation>
    </message>
    <message>
        <source>In a Window of Its Own</source>
        <translation>In einem eigenen Fenster</translation>
    </message>
    <message>
        <source>Layers</source>
        <translation>Ebenen</translation>
    </message>
    <message>
        <source>Panels</source>
        <translation>Bedienfelder</translation>
    </message>
    <message>
        <source>Queue</source>
        <translation>Aufträge</translation>
    </message>
    <message>
        <source>Tools</source>
        <translation>Werkzeuge</translation>
    </message>
</context>
<context>
    <name>Download</name>
    <message>
        <source>{size} GB</source>
        <translation>{size} GB</translation>
    </message>
    <message>
        <source>{size} MB</source>
        <translation>{size} MB</translation>
    </message>
    <message>
        <source>{size} kB</source>
        <translation>{size} kB</translation>
    </message>
</context>
<context>
    <name>DownloadDialog</name>
    <message>
        <source>Access token</source>
        <translation>Zugriffstoken</translation>
    </message>
    <message>
        <source>Access token; empty for the one this computer remembers</source>
        <translation>Zugriffstoken; leer für das, das dieser Rechner kennt</translation>
    </message>
    <message>
        <source>Ask for the Sizes</source>
        <translation>Größen erfragen</translation>
    </message>
    <message>
        <source>Asking the hub…</source>
        <translation>Der Hub wird gefragt…</translation>
    </message>
    <message>
        <source>Beginning…</source>
        <translation>Es beginnt…</translation>
    </message>
    <message>
        <source>Change…</source>
        <translation>Ändern…</translation>
    </message>
    <message>
        <source>Check the Files</source>
        <translation>Dateien prüfen</translation>
    </message>
    <message>
        <source>Checking {file}</source>
        <translation>Geprüft wird {file}</translation>
    </message>
    <message>
        <source>Damaged, and fetched again: {files}.</source>
        <translation>Beschädigt und neu geladen: {files}.</translation>
    </message>
    <message>
        <source>Disk</source>
        <translation>Platte</translation>
    </message>
    <message>
        <source>Download</source>
        <translation>Herunterladen</translation>
    </message>
    <message>
        <source>Download FLUX.1 Fill</source>
        <translation>FLUX.1 Fill herunterladen</translation>
    </message>
    <message>
        <source>Everything is there and checked.</source>
        <translation>Alles ist da und geprüft.</translation>
    </message>
    <message>
        <source>Folder</source>
        <translation>Ordner</translation>
    </message>
    <message>
        <source>Folder for the Model</source>
        <translation>Ordner für das Modell</translation>
    </message>
    <message>
        <source>For pictures instead of words; can be left out.</source>
        <translation>Für Bilder statt Worten; kann wegbleiben.</translation>
    </message>
    <message>
        <source>Go On</source>
        <translation>Weiter</translation>
    </message>
    <message>
        <source>Its page</source>
        <translation>Seite dazu</translation>
    </message>
    <message>
        <source>Licence: {licence}.</source>
        <translation>Lizenz: {licence}.</translation>
    </message>
    <message>
        <source>Looking at this machine…</source>
        <translation>Der Rechner wird geprüft…</translation>
    </message>
    <message>
        <source>Memory</source>
        <translation>Speicher</translation>
    </message>
    <message>
        <source>Progress</source>
        <translation>Fortschritt</translation>
    </message>
    <message>
        <source>Remember it on this computer, as “hf auth login” does</source>
        <translation>Auf diesem Rechner merken, wie es „hf auth login“ tut</translation>
    </message>
    <message>
        <source>Repository of BFS</source>
        <translation>Repository von BFS</translation>
    </message>
    <message>
        <source>Say where BFS’s weights are on the hub, or leave them out.</source>
        <translation>Es fehlt, wo die Gewichte von BFS auf dem Hub liegen; sie können auch wegbleiben.</translation>
    </message>
    <message>
        <source>Stop</source>
        <translation>Anhalten</translation>
    </message>
    <message>
        <source>Stopped. What has come stays, and is gone on with later.</source>
        <translation>Angehalten. Was schon da ist, bleibt; später geht es damit weiter.</translation>
    </message>
    <message>
        <source>Stopping…</source>
        <translation>Wird angehalten…</translation>
    </message>
    <message>
        <source>Teaches it to make layers.</source>
        <translation>Damit es Ebenen macht.</translation>
    </message>
    <message>
        <source>The model that paints.</source>
        <translation>Das Modell, das malt.</translation>
    </message>
    <message>
        <source>There is not enough room on this disk. Make room, or choose another folder.</source>
        <translation>Auf dieser Platte ist nicht genug Platz. Schaffen Sie Platz oder wählen Sie einen anderen Ordner.</translation>
    </message>
    <message>
        <source>Use It</source>
        <translation>Verwenden</translation>
    </message>
    <message>
        <source>all of it is there, {free} free</source>
        <translation>alles ist da, {free} frei</translation>
    </message>
    <message>
        <source>owner/name on huggingface.co; the authors’ page says it</source>
        <translation>Besitzer/Name auf huggingface.co; die Seite der Autoren nennt es</translation>
    </message>
    <message>
        <source>the hub says it</source>
        <translation>sagt der Hub</translation>
    </message>
    <message>
        <source>{done} of {total}</source>
        <translation>{done} von {total}</translation>
    </message>
    <message>
        <source>{left} to come, {free} free</source>
        <translation>{left} fehlen noch, {free} frei</translation>
    </message>
    <message>
        <source>{names}: only for those who have accepted the licence there. Do that, then give a token ({tokens}).</source>
        <translation>{names}: nur für die, die dort der Lizenz zugestimmt haben. Stimmen Sie ihr zu und geben Sie dann ein Token an ({tokens}).</translation>
    </message>
    <message>
        <source>{size} a second</source>
        <translation>{size} in der Sekunde</translation>
    </message>
    <message>
        <source>{time} left</source>
        <translation>noch {time}</translation>
    </message>
</context>
<context>
    <name>ExportDialog</name>
    <message>
        <source>16 bits a channel</source>
        <translation>16 Bit je Kanal</translation>
    </message>
    <message>
        <source>As the file will look, at 100 %. Drag to see more; double-click to see all of it.</source>
        <translation>So wird die Datei aussehen, bei 100 %. Ziehen zeigt mehr, ein Doppelklick alles.</translation>
    </message>
    <message>
        <source>Every visible layer becomes a page as it looks by itself, the lowest first.</source>
        <translation>Jede sichtbare Ebene wird zu einer Seite, so wie sie für sich aussieht, die unterste zuerst.</translation>
    </message>
    <message>
        <source>Export As</source>
        <translation>Exportieren als</translation>
    </message>
    <message>
        <source>Export…</source>
        <translation>Exportieren…</translation>
    </message>
    <message>
        <source>File</source>
        <translation>Datei</translation>
    </message>
    <message>
        <source>For Clip Studio, which takes the alpha channel for a selection.</source>
        <translation>Für Clip Studio, das den Alphakanal für eine Auswahl hält.</translation>
    </message>
    <message>
        <source>For programs that want them. Layers have 8 bits; finer is only what a PSD&apos;s merged picture and resampled layers hold.</source>
        <translation>Für Programme, die sie verlangen. Ebenen haben 8 Bit; feiner sind nur das zusammengesetzte Bild und neu berechnete Ebenen einer PSD.</translation>
    </message>
    <message>
        <source>Format</source>
        <translation>Format</translation>
    </message>
    <message>
        <source>Height</source>
        <translation>Höhe</translation>
    </message>
    <message>
        <source>Height in pixels</source>
        <translation>Höhe in Pixeln</translation>
    </message>
    <message>
        <source>Layers as pages</source>
        <translation>Ebenen als Seiten</translation>
    </message>
    <message>
        <source>Lossless</source>
        <translation>Verlustfrei</translation>
    </message>
    <message>
        <source>Merged picture without alpha</source>
        <translation>Gesamtbild ohne Alpha</translation>
    </message>
    <message>
        <source>Photoshop can scale and turn them on without loss. The file becomes larger.</source>
        <translation>Photoshop kann sie ohne Verlust weiter skalieren und drehen. Die Datei wird größer.</translation>
    </message>
    <message>
        <source>Preview</source>
        <translation>Vorschau</translation>
    </message>
    <message>
        <source>Quality</source>
        <translation>Qualität</translation>
    </message>
    <message>
        <source>Size</source>
        <translation>Größe</translation>
    </message>
    <message>
        <source>Size in percent</source>
        <translation>Größe in Prozent</translation>
    </message>
    <message>
        <source>Size of the file</source>
        <translation>Größe der Datei</translation>
    </message>
    <message>
        <source>Turned layers as smart objects</source>
        <translation>Gedrehte Ebenen als Smartobjekte</translation>
    </message>
    <message>
        <source>Width</source>
        <translation>Breite</translation>
    </message>
    <message>
        <source>Width in pixels</source>
        <translation>Breite in Pixeln</translation>
    </message>
    <message>
        <source>not tried out</source>
        <translation>nicht ausprobiert</translation>
    </message>
    <message>
        <source>…</source>
        <translation>…</translation>
    </message>
</context>
<context>
    <name>FileCommands</name>
    <message>
        <source>Copy a layer or a picture first.</source>
        <translation>Kopieren Sie zuerst eine Ebene oder ein Bild.</translation>
    </message>
    <message>
        <source>Downstage project</source>
        <translation>Downstage-Projekt</translation>
    </message>
    <message>
        <source>Export As</source>
        <translation>Exportieren als</translation>
    </message>
    <message>
        <source>Export Layers</source>
        <translation>Ebenen exportieren</translation>
    </message>
    <message>
        <source>Exported “{name}”.</source>
        <translation>„{name}“ wurde exportiert.</translation>
    </message>
    <message>
        <source>Exporting layers…</source>
        <translation>Ebenen werden exportiert…</translation>
    </message>
    <message>
        <source>Looking for unsaved work…</source>
        <translation>Nicht gespeicherte Arbeit wird gesucht…</translation>
    </message>
    <message>
        <source>Open</source>
        <translation>Öffnen</translation>
    </message>
    <message>
        <source>Opening “{name}”…</source>
        <translation>„{name}“ wird geöffnet…</translation>
    </message>
    <message>
        <source>Pasted</source>
        <translation>Eingefügt</translation>
    </message>
    <message>
        <source>Pictures and projects ({patterns})</source>
        <translation>Bilder und Projekte ({patterns})</translation>
    </message>
    <message>
        <source>Place “{name}”</source>
        <translation>„{name}“ platzieren</translation>
    </message>
    <message>
        <source>Save As</source>
        <translation>Speichern unter</translation>
    </message>
    <message>
        <source>Saving “{name}”…</source>
        <translation>„{name}“ wird gespeichert…</translation>
    </message>
    <message>
        <source>The clipboard holds no picture.</source>
        <translation>Die Zwischenablage enthält kein Bild.</translation>
    </message>
    <message>
        <source>The layers are in “{name}”.</source>
        <translation>Die Ebenen sind in „{name}“.</translation>
    </message>
    <message>
        <source>There is no unsaved work to recover.</source>
        <translation>Es gibt keine nicht gespeicherte Arbeit wiederherzustellen.</translation>
    </message>
    <message>
        <source>Untitled</source>
        <translation>Ohne Titel</translation>
    </message>
    <message>
        <source>untitled</source>
        <translation>ohne Titel</translation>
    </message>
    <message>
        <source>{name} edited{suffix}</source>
        <translation>{name} bearbeitet{suffix}</translation>
    </message>
    <message>
        <source>“{name}” was opened with changes.</source>
        <translation>„{name}“ wurde mit Änderungen geöffnet.</translation>
    </message>
    <message>
        <source>“{name}” was recovered. It is not saved yet.</source>
        <translation>„{name}“ wurde wiederhergestellt und ist noch nicht gespeichert.</translation>
    </message>
</context>
<context>
    <name>FileMenu</name>
    <message>
        <source>Open Recent</source>
        <translation>Zuletzt geöffnet</translation>
    </message>
    <message>
        <source>Sample Pictures</source>
        <translation>Beispielbilder</translation>
    </message>
</context>
<context>
    <name>GenerateCommands</name>
    <message>
        <source>Drag a box around a thing in the picture, or click on it.</source>
        <translation>Ziehen Sie einen Rahmen um ein Ding im Bild, oder klicken Sie darauf.</translation>
    </message>
    <message>
        <source>Draw one on the picture where the thing should stand.</source>
        <translation>Ziehen Sie im Bild einen auf, wo das Ding stehen soll.</translation>
    </message>
    <message>
        <source>It can make one of these instead:</source>
        <translation>Stattdessen kann es eines von diesen machen:</translation>
    </message>
    <message>
        <source>Pictures</source>
        <translation>Bilder</translation>
    </message>
    <message>
        <source>Reference</source>
        <translation>Vorlage</translation>
    </message>
    <message>
        <source>The prompt is empty.</source>
        <translation>Die Beschreibung ist leer.</translation>
    </message>
    <message>
        <source>There is no box yet.</source>
        <translation>Es gibt noch keinen Rahmen.</translation>
    </message>
    <message>
        <source>This model makes a plain {thing}; it does not follow {words}.</source>
        <translation>Dieses Modell macht {thing} ohne Besonderheiten; {words} berücksichtigt es nicht.</translation>
    </message>
    <message>
        <source>This model takes any words.</source>
        <translation>Dieses Modell versteht alle Wörter.</translation>
    </message>
    <message>
        <source>Type what should stand in the box.</source>
        <translation>Geben Sie ein, was im Rahmen stehen soll.</translation>
    </message>
</context>
<context>
    <name>GeneratePanel</name>
    <message>
        <source>Cancel the running job</source>
        <translation>Den laufenden Auftrag abbrechen</translation>
    </message>
    <message>
        <source>Candidates</source>
        <translation>Kandidaten</translation>
    </message>
    <message>
        <source>Draw a box on the picture first (G).</source>
        <translation>Ziehen Sie zuerst einen Rahmen im Bild auf (G).</translation>
    </message>
    <message>
        <source>Draw another seed</source>
        <translation>Anderen Startwert würfeln</translation>
    </message>
    <message>
        <source>Flies</source>
        <translation>Fliegt</translation>
    </message>
    <message>
        <source>Generate</source>
        <translation>Generieren</translation>
    </message>
    <message>
        <source>Generate a layer in the box with {name} (Ctrl+Enter)</source>
        <translation>Eine Ebene im Rahmen mit {name} generieren (Strg+Eingabe)</translation>
    </message>
    <message>
        <source>Guidance</source>
        <translation>Führung</translation>
    </message>
    <message>
        <source>Hangs</source>
        <translation>Hängt</translation>
    </message>
    <message>
        <source>How many results to choose from; all of them are kept in the layer</source>
        <translation>Wie viele Ergebnisse zur Wahl stehen; alle bleiben in der Ebene</translation>
    </message>
    <message>
        <source>Keep this seed for the next layers</source>
        <translation>Diesen Startwert für die nächsten Ebenen behalten</translation>
    </message>
    <message>
        <source>Lock the seed</source>
        <translation>Startwert festhalten</translation>
    </message>
    <message>
        <source>Model</source>
        <translation>Modell</translation>
    </message>
    <message>
        <source>Model&apos;s choice</source>
        <translation>Wie das Modell will</translation>
    </message>
    <message>
        <source>Presets</source>
        <translation>Vorgaben</translation>
    </message>
    <message>
        <source>Progress of the running job</source>
        <translation>Fortschritt des laufenden Auftrags</translation>
    </message>
    <message>
        <source>Prompt</source>
        <translation>Beschreibung</translation>
    </message>
    <message>
        <source>Seed</source>
        <translation>Startwert</translation>
    </message>
    <message>
        <source>Settings</source>
        <translation>Einstellungen</translation>
    </message>
    <message>
        <source>Settings that you have given a name, and earlier prompts</source>
        <translation>Einstellungen, denen Sie einen Namen gegeben haben, und frühere Beschreibungen</translation>
    </message>
    <message>
        <source>Stands on the ground</source>
        <translation>Steht auf dem Boden</translation>
    </message>
    <message>
        <source>Steps</source>
        <translation>Schritte</translation>
    </message>
    <message>
        <source>The engine sees the layers in front</source>
        <translation>Das Modell sieht die Ebenen davor</translation>
    </message>
    <message>
        <source>What stands throws a shadow on the ground; what hangs or flies throws none into the picture</source>
        <translation>Was steht, wirft einen Schatten auf den Boden; was hängt oder fliegt, wirft keinen ins Bild</translation>
    </message>
    <message>
        <source>Where the thing is</source>
        <translation>Wo das Ding ist</translation>
    </message>
    <message>
        <source>{name} makes the layers; click to choose another model</source>
        <translation>{name} macht die Ebenen; ein Klick wählt ein anderes Modell</translation>
    </message>
    <message>
        <source>What should stand in the box?</source>
        <translation>Was soll im Rahmen stehen?</translation>
    </message>
    <message>
        <source>As the picture says</source>
        <translation>Wie das Bild es zeigt</translation>
    </message>
    <message>
        <source>What stands in front stays in front. The engine sees it too, and makes the new layer whole behind it.</source>
        <translation>Was davor steht, bleibt davor. Das Modell sieht es mit und erzeugt die neue Ebene dahinter als Ganzes.</translation>
    </message>
    <message>
        <source>What the model knows</source>
        <translation>Was das Modell kennt</translation>
    </message>
</context>
<context>
    <name>Generation</name>
    <message>
        <source>Above “{name}”, behind 1 layer</source>
        <translation>Über „{name}“, hinter 1 Ebene</translation>
    </message>
    <message>
        <source>Above “{name}”, behind {count} layers</source>
        <translation>Über „{name}“, hinter {count} Ebenen</translation>
    </message>
    <message>
        <source>Extract {what}</source>
        <translation>{what} herauslösen</translation>
    </message>
    <message>
        <source>It is so large that its edge was found at 1/{times} of its size; its colours are exact.</source>
        <translation>Es ist so groß, dass sein Rand in 1/{times} der Größe gesucht wurde; seine Farben sind genau.</translation>
    </message>
    <message>
        <source>Move the thing: the ground behind it is there.</source>
        <translation>Verschieben Sie das Ding: Der Grund dahinter ist da.</translation>
    </message>
    <message>
        <source>On top of all layers</source>
        <translation>Über allen Ebenen</translation>
    </message>
    <message>
        <source>On top of “{name}”</source>
        <translation>Obenauf, über „{name}“</translation>
    </message>
    <message>
        <source>Remove</source>
        <translation>Entfernen</translation>
    </message>
    <message>
        <source>Resettle {what}</source>
        <translation>{what} neu einpassen</translation>
    </message>
    <message>
        <source>Something went wrong.</source>
        <translation>Etwas ist schiefgegangen.</translation>
    </message>
    <message>
        <source>Starting the model</source>
        <translation>Das Modell wird gestartet</translation>
    </message>
    <message>
        <source>Step {step} of {steps}</source>
        <translation>Schritt {step} von {steps}</translation>
    </message>
    <message>
        <source>Take apart</source>
        <translation>Zerlegen</translation>
    </message>
    <message>
        <source>The model made it smaller; it is enlarged {times} times.</source>
        <translation>Das Modell hat es kleiner erzeugt; es ist {times}-fach vergrößert.</translation>
    </message>
    <message>
        <source>The picture below is as it was.</source>
        <translation>Das Bild darunter ist, wie es war.</translation>
    </message>
    <message>
        <source>Waiting</source>
        <translation>Wartet</translation>
    </message>
    <message>
        <source>a thing</source>
        <translation>ein Ding</translation>
    </message>
    <message>
        <source>{count} min</source>
        <translation>{count} min</translation>
    </message>
    <message>
        <source>{count} s</source>
        <translation>{count} s</translation>
    </message>
    <message>
        <source>{words} · {time} left</source>
        <translation>{words} · noch {time}</translation>
    </message>
    <message>
        <source>“{name}” is there.</source>
        <translation>„{name}“ ist da.</translation>
    </message>
    <message>
        <source>“{name}” was made by another model ({then}); this time it is {now}.</source>
        <translation>„{name}“ stammt von einem anderen Modell ({then}); diesmal ist es {now}.</translation>
    </message>
</context>
<context>
    <name>GuideDialog</name>
    <message>
        <source>Horizontal</source>
        <translation>Waagerecht</translation>
    </message>
    <message>
        <source>New Guide</source>
        <translation>Neue Hilfslinie</translation>
    </message>
    <message>
        <source>Position</source>
        <translation>Position</translation>
    </message>
    <message>
        <source>Vertical</source>
        <translation>Senkrecht</translation>
    </message>
</context>
<context>
    <name>HelpCommands</name>
    <message>
        <source>Archives</source>
        <translation>Archive</translation>
    </message>
    <message>
        <source>It holds versions, settings and the log, without names of files and prompts. Look into it before you hand it on.</source>
        <translation>Sie enthält Versionen, Einstellungen und das Protokoll, ohne Namen von Dateien und ohne Prompts. Sehen Sie hinein, bevor Sie sie weitergeben.</translation>
    </message>
    <message>
        <source>Save Diagnostics</source>
        <translation>Diagnose speichern</translation>
    </message>
    <message>
        <source>“{name}” was saved.</source>
        <translation>„{name}“ wurde gespeichert.</translation>
    </message>
</context>
<context>
    <name>HistoryPanel</name>
    <message>
        <source>History</source>
        <translation>Verlauf</translation>
    </message>
</context>
<context>
    <name>KeysDialog</name>
    <message>
        <source>All as in the Set</source>
        <translation>Alle wie im Satz</translation>
    </message>
    <message>
        <source>Alt + click on its eye</source>
        <translation>Alt + Klick auf ihr Auge</translation>
    </message>
    <message>
        <source>Arrows, Shift + arrows</source>
        <translation>Pfeile, Umschalt + Pfeile</translation>
    </message>
    <message>
        <source>As in the Set</source>
        <translation>Wie im Satz</translation>
    </message>
    <message>
        <source>Assign</source>
        <translation>Zuweisen</translation>
    </message>
    <message>
        <source>Command</source>
        <translation>Befehl</translation>
    </message>
    <message>
        <source>Commands and keys</source>
        <translation>Befehle und Tasten</translation>
    </message>
    <message>
        <source>Ctrl + wheel</source>
        <translation>Strg + Mausrad</translation>
    </message>
    <message>
        <source>Keyboard Shortcuts</source>
        <translation>Tastenkürzel</translation>
    </message>
    <message>
        <source>Keys</source>
        <translation>Tasten</translation>
    </message>
    <message>
        <source>Keys as in</source>
        <translation>Tasten wie in</translation>
    </message>
    <message>
        <source>New keys</source>
        <translation>Neue Tasten</translation>
    </message>
    <message>
        <source>No Keys</source>
        <translation>Keine Tasten</translation>
    </message>
    <message>
        <source>Nudge the layer by 1 or 10 pixels</source>
        <translation>Die Ebene um 1 oder 10 Pixel verschieben</translation>
    </message>
    <message>
        <source>Pan</source>
        <translation>Ausschnitt verschieben</translation>
    </message>
    <message>
        <source>Search</source>
        <translation>Suchen</translation>
    </message>
    <message>
        <source>Search the keys</source>
        <translation>Tasten durchsuchen</translation>
    </message>
    <message>
        <source>Set of keys</source>
        <translation>Tastensatz</translation>
    </message>
    <message>
        <source>Shift + click on its thumbnail</source>
        <translation>Umschalt + Klick auf ihre Miniatur</translation>
    </message>
    <message>
        <source>Show only this layer</source>
        <translation>Nur diese Ebene zeigen</translation>
    </message>
    <message>
        <source>Space + drag, middle button, wheel</source>
        <translation>Leertaste + Ziehen, mittlere Maustaste, Mausrad</translation>
    </message>
    <message>
        <source>Switch a mask off or on</source>
        <translation>Eine Maske aus- oder einschalten</translation>
    </message>
    <message>
        <source>Zoom at the pointer</source>
        <translation>Am Mauszeiger zoomen</translation>
    </message>
    <message>
        <source>{keys} belongs to “{name}” for good.</source>
        <translation>{keys} gehört fest zu „{name}“.</translation>
    </message>
    <message>
        <source>{keys} is taken from “{name}”.</source>
        <translation>{keys} wird „{name}“ weggenommen.</translation>
    </message>
</context>
<context>
    <name>LayerCommands</name>
    <message>
        <source>Blend {mode}</source>
        <translation>Füllmethode {mode}</translation>
    </message>
    <message>
        <source>Bring forward</source>
        <translation>Nach vorn</translation>
    </message>
    <message>
        <source>Candidate {number} of “{name}”</source>
        <translation>Kandidat {number} von „{name}“</translation>
    </message>
    <message>
        <source>Candidate {number} of “{name}” as a layer</source>
        <translation>Kandidat {number} von „{name}“ als Ebene</translation>
    </message>
    <message>
        <source>Clip {what}</source>
        <translation>{what} als Schnittmaske</translation>
    </message>
    <message>
        <source>Colour tag of {what}</source>
        <translation>Farbmarke von {what}</translation>
    </message>
    <message>
        <source>Delete candidate {number} of “{name}”</source>
        <translation>Kandidat {number} von „{name}“ löschen</translation>
    </message>
    <message>
        <source>Delete {what}</source>
        <translation>{what} löschen</translation>
    </message>
    <message>
        <source>Duplicate {what}</source>
        <translation>{what} duplizieren</translation>
    </message>
    <message>
        <source>Flatten</source>
        <translation>Auf eine Ebene reduzieren</translation>
    </message>
    <message>
        <source>Group {what}</source>
        <translation>{what} gruppieren</translation>
    </message>
    <message>
        <source>Hidden layers and groups are gone with it: {count}. Undo brings them back.</source>
        <translation>Ausgeblendete Ebenen und Gruppen sind damit fort: {count}. Rückgängig holt sie zurück.</translation>
    </message>
    <message>
        <source>Hide {what}</source>
        <translation>{what} ausblenden</translation>
    </message>
    <message>
        <source>Keep only candidate {number} of “{name}”</source>
        <translation>Nur Kandidat {number} von „{name}“ behalten</translation>
    </message>
    <message>
        <source>Leave {what} out of the engine’s view</source>
        <translation>{what} dem Modell nicht zeigen</translation>
    </message>
    <message>
        <source>Lock {what}</source>
        <translation>{what} sperren</translation>
    </message>
    <message>
        <source>Merge {what}</source>
        <translation>{what} vereinen</translation>
    </message>
    <message>
        <source>Merge “{name}” down</source>
        <translation>„{name}“ nach unten vereinen</translation>
    </message>
    <message>
        <source>Opacity {percent} %</source>
        <translation>Deckkraft {percent} %</translation>
    </message>
    <message>
        <source>Rename to “{name}”</source>
        <translation>In „{name}“ umbenennen</translation>
    </message>
    <message>
        <source>Reorder {what}</source>
        <translation>{what} umordnen</translation>
    </message>
    <message>
        <source>Send backward</source>
        <translation>Nach hinten</translation>
    </message>
    <message>
        <source>Show all again</source>
        <translation>Alle wieder zeigen</translation>
    </message>
    <message>
        <source>Show only {what}</source>
        <translation>Nur {what} zeigen</translation>
    </message>
    <message>
        <source>Show {what}</source>
        <translation>{what} einblenden</translation>
    </message>
    <message>
        <source>Show {what} to the engine</source>
        <translation>{what} dem Modell zeigen</translation>
    </message>
    <message>
        <source>Unclip {what}</source>
        <translation>{what} nicht mehr beschneiden</translation>
    </message>
    <message>
        <source>Ungroup {what}</source>
        <translation>Gruppierung aufheben: {what}</translation>
    </message>
    <message>
        <source>Unlock it in the layer panel first.</source>
        <translation>Entsperren Sie sie zuerst im Ebenenbedienfeld.</translation>
    </message>
    <message>
        <source>Unlock {what}</source>
        <translation>{what} entsperren</translation>
    </message>
    <message>
        <source>{count} layers</source>
        <translation>{count} Ebenen</translation>
    </message>
    <message>
        <source>{what} are locked.</source>
        <translation>{what} sind gesperrt.</translation>
    </message>
    <message>
        <source>“{name}”</source>
        <translation>„{name}“</translation>
    </message>
</context>
<context>
    <name>LayerDelegate</name>
    <message>
        <source>Layer name</source>
        <translation>Name der Ebene</translation>
    </message>
</context>
<context>
    <name>LayerModel</name>
    <message>
        <source>Prompt: {prompt} · Seed: {seed}</source>
        <translation>Beschreibung: {prompt} · Startwert: {seed}</translation>
    </message>
    <message>
        <source>The engine does not see it.</source>
        <translation>Das Modell sieht sie nicht.</translation>
    </message>
    <message>
        <source>clipped</source>
        <translation>beschnitten</translation>
    </message>
    <message>
        <source>group</source>
        <translation>Gruppe</translation>
    </message>
    <message>
        <source>hidden</source>
        <translation>ausgeblendet</translation>
    </message>
    <message>
        <source>layer</source>
        <translation>Ebene</translation>
    </message>
    <message>
        <source>locked</source>
        <translation>gesperrt</translation>
    </message>
    <message>
        <source>mask switched off</source>
        <translation>Maske ausgeschaltet</translation>
    </message>
    <message>
        <source>masked</source>
        <translation>maskiert</translation>
    </message>
    <message>
        <source>not seen by the engine</source>
        <translation>für das Modell nicht sichtbar</translation>
    </message>
    <message>
        <source>pixels locked</source>
        <translation>Pixel gesperrt</translation>
    </message>
    <message>
        <source>position locked</source>
        <translation>Position gesperrt</translation>
    </message>
    <message>
        <source>tag: {colour}</source>
        <translation>Farbmarke: {colour}</translation>
    </message>
    <message>
        <source>transparency locked</source>
        <translation>Transparenz gesperrt</translation>
    </message>
</context>
<context>
    <name>LayerPanel</name>
    <message>
        <source>Blend mode</source>
        <translation>Füllmethode</translation>
    </message>
    <message>
        <source>Opacity</source>
        <translation>Deckkraft</translation>
    </message>
    <message>
        <source>Opacity in percent</source>
        <translation>Deckkraft in Prozent</translation>
    </message>
</context>
<context>
    <name>LayerTree</name>
    <message>
        <source>Layers</source>
        <translation>Ebenen</translation>
    </message>
    <message>
        <source>{count} candidates</source>
        <translation>{count} Kandidaten</translation>
    </message>
    <message>
        <source>{count} layers</source>
        <translation>{count} Ebenen</translation>
    </message>
</context>
<context>
    <name>LayersDialog</name>
    <message>
        <source>Choose a Folder…</source>
        <translation>Ordner wählen…</translation>
    </message>
    <message>
        <source>Every layer becomes a file in a new folder, as it looks by itself.</source>
        <translation>Jede Ebene wird eine Datei in einem neuen Ordner, so wie sie für sich aussieht.</translation>
    </message>
    <message>
        <source>Export Layers</source>
        <translation>Ebenen exportieren</translation>
    </message>
    <message>
        <source>Format</source>
        <translation>Format</translation>
    </message>
    <message>
        <source>Hidden layers too</source>
        <translation>Auch ausgeblendete Ebenen</translation>
    </message>
    <message>
        <source>Trim transparent borders</source>
        <translation>Durchsichtige Ränder abschneiden</translation>
    </message>
</context>
<context>
    <name>MainWindow</name>
    <message>
        <source>“{name}” was opened with changes.</source>
        <translation>„{name}“ wurde mit Änderungen geöffnet.</translation>
    </message>
</context>
<context>
    <name>MaskCommands</name>
    <message>
        <source>Apply the mask of “{name}”</source>
        <translation>Maske von „{name}“ anwenden</translation>
    </message>
    <message>
        <source>Delete the mask of “{name}”</source>
        <translation>Maske von „{name}“ löschen</translation>
    </message>
    <message>
        <source>Invert the mask of “{name}”</source>
        <translation>Maske von „{name}“ umkehren</translation>
    </message>
    <message>
        <source>Link the mask of “{name}”</source>
        <translation>Maske von „{name}“ verknüpfen</translation>
    </message>
    <message>
        <source>Mask “{name}”</source>
        <translation>„{name}“ maskieren</translation>
    </message>
    <message>
        <source>Mask “{name}” by its alpha</source>
        <translation>„{name}“ nach ihrem Alpha maskieren</translation>
    </message>
    <message>
        <source>Mask “{name}” by the box</source>
        <translation>„{name}“ nach dem Rahmen maskieren</translation>
    </message>
    <message>
        <source>Switch the mask of “{name}” off</source>
        <translation>Maske von „{name}“ ausschalten</translation>
    </message>
    <message>
        <source>Switch the mask of “{name}” on</source>
        <translation>Maske von „{name}“ einschalten</translation>
    </message>
    <message>
        <source>This is the mask of “{name}”. Alt+click on it in the layer panel shows the picture again.</source>
        <translation>Das ist die Maske von „{name}“. Alt+Klick auf sie im Ebenenfeld zeigt wieder das Bild.</translation>
    </message>
    <message>
        <source>Unlink the mask of “{name}”</source>
        <translation>Maske von „{name}“ lösen</translation>
    </message>
</context>
<context>
    <name>MessageBar</name>
    <message>
        <source>Dismiss</source>
        <translation>Ausblenden</translation>
    </message>
    <message>
        <source>Dismiss the message</source>
        <translation>Die Meldung ausblenden</translation>
    </message>
    <message>
        <source>Something went wrong in Downstage: {what}</source>
        <translation>In Downstage ist etwas schiefgegangen: {what}</translation>
    </message>
    <message>
        <source>Your document is as it was. Save it now; the log holds the details.</source>
        <translation>Ihr Dokument ist, wie es war. Speichern Sie es jetzt; das Protokoll enthält die Einzelheiten.</translation>
    </message>
</context>
<context>
    <name>ModelChoice</name>
    <message>
        <source>Look at It</source>
        <translation>Ansehen</translation>
    </message>
    <message>
        <source>The download is there, whole and checked.</source>
        <translation>Der Download ist da, vollständig und geprüft.</translation>
    </message>
    <message>
        <source>The starter makes the layers until another model is chosen.</source>
        <translation>Bis ein anderes Modell gewählt ist, erzeugt das mitgelieferte die Ebenen.</translation>
    </message>
    <message>
        <source>Use It</source>
        <translation>Verwenden</translation>
    </message>
    <message>
        <source>{model} makes the layers from now on.</source>
        <translation>Von jetzt an erzeugt {model} die Ebenen.</translation>
    </message>
</context>
<context>
    <name>ModelsDialog</name>
    <message>
        <source>Add a Folder…</source>
        <translation>Ordner hinzufügen…</translation>
    </message>
    <message>
        <source>Download…</source>
        <translation>Herunterladen…</translation>
    </message>
    <message>
        <source>Folder</source>
        <translation>Ordner</translation>
    </message>
    <message>
        <source>Folder of a Model</source>
        <translation>Ordner eines Modells</translation>
    </message>
    <message>
        <source>Licence</source>
        <translation>Lizenz</translation>
    </message>
    <message>
        <source>Looking at this machine…</source>
        <translation>Der Rechner wird geprüft…</translation>
    </message>
    <message>
        <source>Memory</source>
        <translation>Speicher</translation>
    </message>
    <message>
        <source>Models</source>
        <translation>Modelle</translation>
    </message>
    <message>
        <source>Not there. Download… asks the hub for the size, and then you.</source>
        <translation>Nicht da. „Herunterladen…“ fragt erst den Hub nach der Größe und dann Sie.</translation>
    </message>
    <message>
        <source>On the disk</source>
        <translation>Auf der Platte</translation>
    </message>
    <message>
        <source>Take off the List</source>
        <translation>Von der Liste nehmen</translation>
    </message>
    <message>
        <source>Use</source>
        <translation>Verwenden</translation>
    </message>
    <message>
        <source>{folder} (download not finished)</source>
        <translation>{folder} (Download nicht beendet)</translation>
    </message>
    <message>
        <source>{folder} (downloading, {share} %)</source>
        <translation>{folder} (wird geladen, {share} %)</translation>
    </message>
    <message>
        <source>{folder} (not usable)</source>
        <translation>{folder} (nicht verwendbar)</translation>
    </message>
    <message>
        <source>{model} (in use)</source>
        <translation>{model} (in Gebrauch)</translation>
    </message>
    <message>
        <source>{model} (not installed)</source>
        <translation>{model} (nicht installiert)</translation>
    </message>
</context>
<context>
    <name>NewDialog</name>
    <message>
        <source>A canvas has at most {count} million pixels.</source>
        <translation>Eine Arbeitsfläche hat höchstens {count} Millionen Pixel.</translation>
    </message>
    <message>
        <source>Another Colour…</source>
        <translation>Andere Farbe…</translation>
    </message>
    <message>
        <source>Background</source>
        <translation>Hintergrund</translation>
    </message>
    <message>
        <source>Black</source>
        <translation>Schwarz</translation>
    </message>
    <message>
        <source>Colour {name}</source>
        <translation>Farbe {name}</translation>
    </message>
    <message>
        <source>Create</source>
        <translation>Erstellen</translation>
    </message>
    <message>
        <source>Height</source>
        <translation>Höhe</translation>
    </message>
    <message>
        <source>New</source>
        <translation>Neu</translation>
    </message>
    <message>
        <source>Own size</source>
        <translation>Eigene Größe</translation>
    </message>
    <message>
        <source>Size</source>
        <translation>Größe</translation>
    </message>
    <message>
        <source>Swap Width and Height</source>
        <translation>Breite und Höhe tauschen</translation>
    </message>
    <message>
        <source>Transparent</source>
        <translation>Transparent</translation>
    </message>
    <message>
        <source>White</source>
        <translation>Weiß</translation>
    </message>
    <message>
        <source>Width</source>
        <translation>Breite</translation>
    </message>
</context>
<context>
    <name>OptionsBar</name>
    <message>
        <source>H</source>
        <translation>H</translation>
    </message>
    <message>
        <source>Height</source>
        <translation>Höhe</translation>
    </message>
    <message>
        <source>Left edge</source>
        <translation>Linker Rand</translation>
    </message>
    <message>
        <source>Tool options</source>
        <translation>Werkzeugoptionen</translation>
    </message>
    <message>
        <source>Top edge</source>
        <translation>Oberer Rand</translation>
    </message>
    <message>
        <source>W</source>
        <translation>B</translation>
    </message>
    <message>
        <source>Width</source>
        <translation>Breite</translation>
    </message>
    <message>
        <source>{name} in pixels</source>
        <translation>{name} in Pixeln</translation>
    </message>
</context>
<context>
    <name>PivotPicker</name>
    <message>
        <source>Pivot</source>
        <translation>Drehpunkt</translation>
    </message>
    <message>
        <source>The pivot: what stays in place. It can also be dragged on the canvas.</source>
        <translation>Der Drehpunkt: was an seiner Stelle bleibt. Er lässt sich auch auf der Arbeitsfläche ziehen.</translation>
    </message>
</context>
<context>
    <name>Preferences</name>
    <message>
        <source>As the System</source>
        <translation>Wie das System</translation>
    </message>
    <message>
        <source>At the start</source>
        <translation>Beim Start</translation>
    </message>
    <message>
        <source>Dark</source>
        <translation>Dunkel</translation>
    </message>
    <message>
        <source>Keyboard Shortcuts…</source>
        <translation>Tastenkürzel…</translation>
    </message>
    <message>
        <source>Keys</source>
        <translation>Tasten</translation>
    </message>
    <message>
        <source>Language</source>
        <translation>Sprache</translation>
    </message>
    <message>
        <source>Light</source>
        <translation>Hell</translation>
    </message>
    <message>
        <source>Preferences</source>
        <translation>Voreinstellungen</translation>
    </message>
    <message>
        <source>Show the welcome page</source>
        <translation>Die Startseite zeigen</translation>
    </message>
    <message>
        <source>Theme</source>
        <translation>Farbschema</translation>
    </message>
</context>
<context>
    <name>Presets</name>
    <message>
        <source>Earlier Prompts</source>
        <translation>Frühere Beschreibungen</translation>
    </message>
    <message>
        <source>Name (a preset of that name is replaced):</source>
        <translation>Name (eine Vorgabe dieses Namens wird ersetzt):</translation>
    </message>
    <message>
        <source>No Presets Yet</source>
        <translation>Noch keine Vorgaben</translation>
    </message>
    <message>
        <source>Rename or Delete Presets…</source>
        <translation>Vorgaben umbenennen oder löschen…</translation>
    </message>
    <message>
        <source>Save as Preset</source>
        <translation>Als Vorgabe speichern</translation>
    </message>
    <message>
        <source>Save as Preset…</source>
        <translation>Als Vorgabe speichern…</translation>
    </message>
</context>
<context>
    <name>PresetsDialog</name>
    <message>
        <source>Delete</source>
        <translation>Löschen</translation>
    </message>
    <message>
        <source>Double-click or F2 renames a preset.</source>
        <translation>Ein Doppelklick oder F2 benennt eine Vorgabe um.</translation>
    </message>
    <message>
        <source>Presets</source>
        <translation>Vorgaben</translation>
    </message>
</context>
<context>
    <name>QMessageBox</name>
    <message>
        <source>A layer is still being made.</source>
        <translation>Eine Ebene wird noch erzeugt.</translation>
    </message>
    <message>
        <source>About Downstage</source>
        <translation>Über Downstage</translation>
    </message>
    <message>
        <source>An editor for layered images: draw a box, say what should stand there, get it as a layer with its shadow.</source>
        <translation>Ein Editor für Bilder aus Ebenen: einen Rahmen aufziehen, sagen, was dort stehen soll, und es als Ebene mit seinem Schatten bekommen.</translation>
    </message>
    <message>
        <source>Everything runs on this computer: no account, no telemetry.</source>
        <translation>Alles läuft auf diesem Rechner: kein Konto, keine Telemetrie.</translation>
    </message>
    <message>
        <source>Export Anyway</source>
        <translation>Trotzdem exportieren</translation>
    </message>
    <message>
        <source>Give It Up</source>
        <translation>Aufgeben</translation>
    </message>
    <message>
        <source>If you leave the document now, it is given up.</source>
        <translation>Wenn Sie das Dokument jetzt verlassen, wird sie aufgegeben.</translation>
    </message>
    <message>
        <source>Replace It</source>
        <translation>Ersetzen</translation>
    </message>
    <message>
        <source>Save As…</source>
        <translation>Speichern unter…</translation>
    </message>
    <message>
        <source>Save the changes to “{name}”?</source>
        <translation>Änderungen an „{name}“ speichern?</translation>
    </message>
    <message>
        <source>Saving over it would undo those changes.</source>
        <translation>Speichern würde diese Änderungen rückgängig machen.</translation>
    </message>
    <message>
        <source>Wait for It</source>
        <translation>Darauf warten</translation>
    </message>
    <message>
        <source>What you do not save is lost.</source>
        <translation>Was Sie nicht speichern, ist verloren.</translation>
    </message>
    <message>
        <source>“{name}” cannot hold everything.</source>
        <translation>„{name}“ kann nicht alles enthalten.</translation>
    </message>
    <message>
        <source>“{name}” was changed by another window or program after you opened it.</source>
        <translation>„{name}“ wurde von einem anderen Fenster oder Programm geändert, nachdem Sie es geöffnet haben.</translation>
    </message>
</context>
<context>
    <name>QProgressDialog</name>
    <message>
        <source>Export Layers</source>
        <translation>Ebenen exportieren</translation>
    </message>
    <message>
        <source>Exporting layers…</source>
        <translation>Ebenen werden exportiert…</translation>
    </message>
</context>
<context>
    <name>QueuePanel</name>
    <message>
        <source>Cancel all</source>
        <translation>Alle abbrechen</translation>
    </message>
    <message>
        <source>Nothing is being generated.</source>
        <translation>Es wird nichts generiert.</translation>
    </message>
</context>
<context>
    <name>RecoveryDialog</name>
    <message>
        <source>A damaged copy
{when} · it cannot be read</source>
        <translation>Eine beschädigte Kopie
{when} · sie ist nicht lesbar</translation>
    </message>
    <message>
        <source>Discard this work for good?</source>
        <translation>Diese Arbeit endgültig verwerfen?</translation>
    </message>
    <message>
        <source>Discard…</source>
        <translation>Verwerfen…</translation>
    </message>
    <message>
        <source>Downstage ended before this was saved.</source>
        <translation>Downstage wurde beendet, bevor dies gespeichert war.</translation>
    </message>
    <message>
        <source>Later</source>
        <translation>Später</translation>
    </message>
    <message>
        <source>Recover</source>
        <translation>Wiederherstellen</translation>
    </message>
    <message>
        <source>Recover Unsaved Work</source>
        <translation>Nicht gespeicherte Arbeit wiederherstellen</translation>
    </message>
    <message>
        <source>Recover one now; the others stay, and can be recovered from the File menu.</source>
        <translation>Stellen Sie jetzt eine wieder her; die anderen bleiben und lassen sich über das Menü Datei wiederherstellen.</translation>
    </message>
    <message>
        <source>Unsaved work</source>
        <translation>Nicht gespeicherte Arbeit</translation>
    </message>
    <message>
        <source>Untitled</source>
        <translation>Ohne Titel</translation>
    </message>
    <message>
        <source>{when} · {width} × {height} px · layers: {layers}</source>
        <translation>{when} · {width} × {height} px · Ebenen: {layers}</translation>
    </message>
</context>
<context>
    <name>ReferenceRow</name>
    <message>
        <source>Active Layer</source>
        <translation>Aktive Ebene</translation>
    </message>
    <message>
        <source>Forget the reference</source>
        <translation>Die Vorlage vergessen</translation>
    </message>
    <message>
        <source>Picture File…</source>
        <translation>Bilddatei…</translation>
    </message>
    <message>
        <source>Reference</source>
        <translation>Vorlage</translation>
    </message>
    <message>
        <source>Show the thing with a picture instead of words; drop a picture file here</source>
        <translation>Das Ding mit einem Bild statt mit Worten zeigen; ziehen Sie eine Bilddatei hierher</translation>
    </message>
    <message>
        <source>This picture has no transparency, so the thing in its middle is cut out of its ground.</source>
        <translation>Dieses Bild hat keine Transparenz; das Ding in seiner Mitte wird aus dem Grund ausgeschnitten.</translation>
    </message>
    <message>
        <source>What Is in the Box</source>
        <translation>Was im Rahmen ist</translation>
    </message>
    <message>
        <source>{name}
will be cut out</source>
        <translation>{name}
wird ausgeschnitten</translation>
    </message>
</context>
<context>
    <name>Ruler</name>
    <message>
        <source>Drag a guide onto the canvas</source>
        <translation>Eine Hilfslinie auf die Arbeitsfläche ziehen</translation>
    </message>
    <message>
        <source>Horizontal ruler</source>
        <translation>Waagerechtes Lineal</translation>
    </message>
    <message>
        <source>Vertical ruler</source>
        <translation>Senkrechtes Lineal</translation>
    </message>
</context>
<context>
    <name>Status</name>
    <message>
        <source> · {count} waiting</source>
        <translation> · {count} warten</translation>
    </message>
    <message>
        <source>Zoom</source>
        <translation>Zoom</translation>
    </message>
    <message>
        <source>Zoom; a click fits the picture in the window</source>
        <translation>Zoom; ein Klick passt das Bild ins Fenster ein</translation>
    </message>
</context>
<context>
    <name>ThingsDialog</name>
    <message>
        <source>Search</source>
        <translation>Suchen</translation>
    </message>
    <message>
        <source>Search the things</source>
        <translation>Dinge durchsuchen</translation>
    </message>
    <message>
        <source>The built-in model makes these {count} things. Many other words for them are understood too.</source>
        <translation>Das eingebaute Modell macht diese {count} Dinge. Viele andere Wörter dafür versteht es auch.</translation>
    </message>
    <message>
        <source>Things</source>
        <translation>Dinge</translation>
    </message>
    <message>
        <source>Use as Prompt</source>
        <translation>Als Beschreibung verwenden</translation>
    </message>
    <message>
        <source>What the Model Knows</source>
        <translation>Was das Modell kennt</translation>
    </message>
</context>
<context>
    <name>ToolDesk</name>
    <message>
        <source>Click or drag to read the colour of the picture as it is seen.</source>
        <translation>Klicken oder ziehen liest die Farbe des Bildes, wie es zu sehen ist.</translation>
    </message>
    <message>
        <source>Crop</source>
        <translation>Zuschneiden</translation>
    </message>
    <message>
        <source>Drag a box around a thing, or click it. Ctrl-click: more. Alt-click: less.</source>
        <translation>Rahmen um ein Ding ziehen oder darauf klicken. Strg-Klick: mehr. Alt-Klick: weniger.</translation>
    </message>
    <message>
        <source>Drag a box where the thing should stand. Shift: square. Arrows: nudge. Esc: no box. Space: pan.</source>
        <translation>Einen Rahmen ziehen, wo das Ding stehen soll. Umschalt: Quadrat. Pfeile: verschieben. Esc: kein Rahmen. Leertaste: Ausschnitt.</translation>
    </message>
    <message>
        <source>Drag the canvas to be; it may be larger. Shift: proportions. Enter: crop. What lies outside stays in its layers.</source>
        <translation>Die neue Arbeitsfläche aufziehen; sie darf größer sein. Umschalt: Seitenverhältnis. Eingabe: zuschneiden. Was außerhalb liegt, bleibt in seinen Ebenen.</translation>
    </message>
    <message>
        <source>Drag to hide parts of the active layer with its mask. X: brush. [ and ]: size. Shift: a line from the last stroke.</source>
        <translation>Ziehen verbirgt Teile der aktiven Ebene mit ihrer Maske. X: Pinsel. [ und ]: Größe. Umschalt: gerade Linie vom letzten Strich.</translation>
    </message>
    <message>
        <source>Drag to move the chosen layers. Alt: a copy. Ctrl: take the layer under the pointer. Shift: keep direction. Arrows: 1 px, with Shift 10.</source>
        <translation>Ziehen verschiebt die gewählten Ebenen. Alt: eine Kopie. Strg: die Ebene unter dem Zeiger. Umschalt: Richtung halten. Pfeile: 1 px, mit Umschalt 10.</translation>
    </message>
    <message>
        <source>Drag to show again what the layer&apos;s mask hides. X: eraser. [ and ]: size. Shift: a line from the last stroke.</source>
        <translation>Ziehen zeigt wieder, was die Maske der Ebene verbirgt. X: Radierer. [ und ]: Größe. Umschalt: gerade Linie vom letzten Strich.</translation>
    </message>
    <message>
        <source>Drag to turn the view. Shift: 15° steps. Esc: upright. The picture itself stays as it is.</source>
        <translation>Ziehen dreht die Ansicht. Umschalt: in Schritten von 15°. Esc: aufrecht. Das Bild selbst bleibt, wie es ist.</translation>
    </message>
    <message>
        <source>Draw a box on the picture.</source>
        <translation>Ziehen Sie einen Rahmen im Bild.</translation>
    </message>
    <message>
        <source>Enter: crop. Esc: leave the canvas as it is.</source>
        <translation>Eingabe: zuschneiden. Esc: die Arbeitsfläche lassen, wie sie ist.</translation>
    </message>
    <message>
        <source>Enter: done. Esc: take it back.</source>
        <translation>Eingabe: fertig. Esc: zurücknehmen.</translation>
    </message>
    <message>
        <source>Generation Box</source>
        <translation>Generierrahmen</translation>
    </message>
    <message>
        <source>Handles: scale, with Shift in proportion, with Alt about the pivot, with Ctrl skew. Outside: rotate, Shift by 15°.</source>
        <translation>Griffe: skalieren, mit Umschalt im Seitenverhältnis, mit Alt um den Drehpunkt, mit Strg neigen. Außerhalb: drehen, mit Umschalt um 15°.</translation>
    </message>
    <message>
        <source>In the box of {width} × {height} px</source>
        <translation>Im Rahmen von {width} × {height} px</translation>
    </message>
    <message>
        <source>Move</source>
        <translation>Verschieben</translation>
    </message>
    <message>
        <source>No layer is active</source>
        <translation>Keine Ebene ist aktiv</translation>
    </message>
    <message>
        <source>Nudge</source>
        <translation>Anstoßen</translation>
    </message>
    <message>
        <source>Shift: another behind it. Arrows: other finds. Enter: take out.</source>
        <translation>Umschalt: noch eins dahinter. Pfeile: andere Funde. Eingabe: herausnehmen.</translation>
    </message>
    <message>
        <source>The model sees {width} × {height} px around it</source>
        <translation>Das Modell sieht {width} × {height} px darum herum</translation>
    </message>
</context>
<context>
    <name>TransformBar</name>
    <message>
        <source>Done</source>
        <translation>Fertig</translation>
    </message>
    <message>
        <source>Done (Enter)</source>
        <translation>Fertig (Eingabe)</translation>
    </message>
    <message>
        <source>Flip horizontally</source>
        <translation>Horizontal spiegeln</translation>
    </message>
    <message>
        <source>Flip vertically</source>
        <translation>Vertikal spiegeln</translation>
    </message>
    <message>
        <source>H</source>
        <translation>H</translation>
    </message>
    <message>
        <source>Height</source>
        <translation>Höhe</translation>
    </message>
    <message>
        <source>Keep the proportion of width and height</source>
        <translation>Seitenverhältnis behalten</translation>
    </message>
    <message>
        <source>Reset size and shape</source>
        <translation>Wieder eigene Größe und Form</translation>
    </message>
    <message>
        <source>Rotation</source>
        <translation>Drehung</translation>
    </message>
    <message>
        <source>Skew</source>
        <translation>Neigung</translation>
    </message>
    <message>
        <source>The pivot from the left</source>
        <translation>Der Drehpunkt von links</translation>
    </message>
    <message>
        <source>The pivot from the top</source>
        <translation>Der Drehpunkt von oben</translation>
    </message>
    <message>
        <source>Transform</source>
        <translation>Transformieren</translation>
    </message>
    <message>
        <source>W</source>
        <translation>B</translation>
    </message>
    <message>
        <source>Width</source>
        <translation>Breite</translation>
    </message>
    <message>
        <source>{name} in degrees</source>
        <translation>{name} in Grad</translation>
    </message>
    <message>
        <source>{name} in pixels</source>
        <translation>{name} in Pixeln</translation>
    </message>
</context>
<context>
    <name>ViewBar</name>
    <message>
        <source>Angle</source>
        <translation>Winkel</translation>
    </message>
    <message>
        <source>Angle of the view</source>
        <translation>Winkel der Ansicht</translation>
    </message>
    <message>
        <source>How far the view is turned, in degrees. The picture itself stays as it is.</source>
        <translation>Wie weit die Ansicht gedreht ist, in Grad. Das Bild selbst bleibt, wie es ist.</translation>
    </message>
    <message>
        <source>Rotate View</source>
        <translation>Ansicht drehen</translation>
    </message>
</context>
<context>
    <name>ViewCommands</name>
    <message>
        <source>Grid</source>
        <translation>Raster</translation>
    </message>
    <message>
        <source>Pixels from line to line</source>
        <translation>Pixel von Linie zu Linie</translation>
    </message>
</context>
<context>
    <name>Welcome</name>
    <message>
        <source>An empty picture of any size</source>
        <translation>Ein leeres Bild in beliebiger Größe</translation>
    </message>
    <message>
        <source>Close this page (Esc)</source>
        <translation>Diese Seite schließen (Esc)</translation>
    </message>
    <message>
        <source>Draw a box on a picture, say what should stand there, and get it as a layer with its shadow.</source>
        <translation>Auf einem Bild einen Rahmen aufziehen, sagen, was dort stehen soll, und es als Ebene mit seinem Schatten bekommen.</translation>
    </message>
    <message>
        <source>New…</source>
        <translation>Neu…</translation>
    </message>
    <message>
        <source>Open a Picture or Project…</source>
        <translation>Bild oder Projekt öffnen…</translation>
    </message>
    <message>
        <source>Recent files</source>
        <translation>Zuletzt geöffnet</translation>
    </message>
    <message>
        <source>Sample pictures</source>
        <translation>Beispielbilder</translation>
    </message>
    <message>
        <source>Show this page at the start</source>
        <translation>Diese Seite beim Start zeigen</translation>
    </message>
    <message>
        <source>To the Editor</source>
        <translation>Zum Editor</translation>
    </message>
    <message>
        <source>Welcome</source>
        <translation>Willkommen</translation>
    </message>
</context>
<context>
    <name>_Card</name>
    <message>
        <source>Cancel</source>
        <translation>Abbrechen</translation>
    </message>
    <message>
        <source>Move to the front of the queue</source>
        <translation>An den Anfang der Warteschlange</translation>
    </message>
    <message>
        <source>Try again</source>
        <translation>Noch einmal versuchen</translation>
    </message>
</context>
<context>
    <name>actions</name>
    <message>
        <source>100 %</source>
        <translation>100 %</translation>
    </message>
    <message>
        <source>15° to the Left</source>
        <translation>15° nach links</translation>
    </message>
    <message>
        <source>15° to the Right</source>
        <translation>15° nach rechts</translation>
    </message>
    <message>
        <source>About Downstage</source>
        <translation>Über Downstage</translation>
    </message>
    <message>
        <source>Add a Mask That Hides All</source>
        <translation>Maske hinzufügen, die alles verbirgt</translation>
    </message>
    <message>
        <source>Add a Mask That Shows All</source>
        <translation>Maske hinzufügen, die alles zeigt</translation>
    </message>
    <message>
        <source>Align Bottom Edges</source>
        <translation>Untere Kanten ausrichten</translation>
    </message>
    <message>
        <source>Align Horizontal Centres</source>
        <translation>Mitten waagerecht ausrichten</translation>
    </message>
    <message>
        <source>Align Left Edges</source>
        <translation>Linke Kanten ausrichten</translation>
    </message>
    <message>
        <source>Align Right Edges</source>
        <translation>Rechte Kanten ausrichten</translation>
    </message>
    <message>
        <source>Align Top Edges</source>
        <translation>Obere Kanten ausrichten</translation>
    </message>
    <message>
        <source>Align Vertical Centres</source>
        <translation>Mitten senkrecht ausrichten</translation>
    </message>
    <message>
        <source>All Commands…</source>
        <translation>Alle Befehle…</translation>
    </message>
    <message>
        <source>All Where They Were at First</source>
        <translation>Alle wieder wie am Anfang</translation>
    </message>
    <message>
        <source>Apply the Mask</source>
        <translation>Maske anwenden</translation>
    </message>
    <message>
        <source>Arrange</source>
        <translation>Anordnen</translation>
    </message>
    <message>
        <source>Back to the Canvas</source>
        <translation>Zurück zur Arbeitsfläche</translation>
    </message>
    <message>
        <source>Backdrop</source>
        <translation>Hintergrund</translation>
    </message>
    <message>
        <source>Black</source>
        <translation>Schwarz</translation>
    </message>
    <message>
        <source>Blue</source>
        <translation>Blau</translation>
    </message>
    <message>
        <source>Bring Forward</source>
        <translation>Nach vorn</translation>
    </message>
    <message>
        <source>Cancel All Jobs</source>
        <translation>Alle Aufträge abbrechen</translation>
    </message>
    <message>
        <source>Cancel the Gesture or Drop the Box</source>
        <translation>Die Geste abbrechen oder den Rahmen entfernen</translation>
    </message>
    <message>
        <source>Candidate as a Layer of Its Own</source>
        <translation>Kandidat als eigene Ebene</translation>
    </message>
    <message>
        <source>Canvas Size…</source>
        <translation>Größe der Arbeitsfläche…</translation>
    </message>
    <message>
        <source>Checkerboard</source>
        <translation>Schachbrett</translation>
    </message>
    <message>
        <source>Choose the Model…</source>
        <translation>Modell wählen…</translation>
    </message>
    <message>
        <source>Clear Guides</source>
        <translation>Hilfslinien löschen</translation>
    </message>
    <message>
        <source>Clip to the Layer Below</source>
        <translation>Auf die Ebene darunter beschneiden</translation>
    </message>
    <message>
        <source>Close</source>
        <translation>Schließen</translation>
    </message>
    <message>
        <source>Colour Tag</source>
        <translation>Farbmarke</translation>
    </message>
    <message>
        <source>Copy</source>
        <translation>Kopieren</translation>
    </message>
    <message>
        <source>Copy Merged</source>
        <translation>Auf eine Ebene reduziert kopieren</translation>
    </message>
    <message>
        <source>Crop Tool</source>
        <translation>Zuschneidewerkzeug</translation>
    </message>
    <message>
        <source>Crop to the Generation Box</source>
        <translation>Auf den Generierrahmen zuschneiden</translation>
    </message>
    <message>
        <source>Cut</source>
        <translation>Ausschneiden</translation>
    </message>
    <message>
        <source>Delete</source>
        <translation>Löschen</translation>
    </message>
    <message>
        <source>Delete This Candidate</source>
        <translation>Diesen Kandidaten löschen</translation>
    </message>
    <message>
        <source>Delete the Mask</source>
        <translation>Maske löschen</translation>
    </message>
    <message>
        <source>Distribute Horizontally</source>
        <translation>Horizontal verteilen</translation>
    </message>
    <message>
        <source>Distribute Vertically</source>
        <translation>Vertikal verteilen</translation>
    </message>
    <message>
        <source>Duplicate</source>
        <translation>Duplizieren</translation>
    </message>
    <message>
        <source>Edit</source>
        <translation>Bearbeiten</translation>
    </message>
    <message>
        <source>Export As…</source>
        <translation>Exportieren als…</translation>
    </message>
    <message>
        <source>Export Layers…</source>
        <translation>Ebenen exportieren…</translation>
    </message>
    <message>
        <source>Extract the Thing with Its Shadow</source>
        <translation>Das Ding mit seinem Schatten herauslösen</translation>
    </message>
    <message>
        <source>Eyedropper</source>
        <translation>Pipette</translation>
    </message>
    <message>
        <source>File</source>
        <translation>Datei</translation>
    </message>
    <message>
        <source>Fit in the Window</source>
        <translation>Ins Fenster einpassen</translation>
    </message>
    <message>
        <source>Flatten Visible</source>
        <translation>Sichtbares auf eine Ebene reduzieren</translation>
    </message>
    <message>
        <source>Flip Horizontally</source>
        <translation>Horizontal spiegeln</translation>
    </message>
    <message>
        <source>Flip Vertically</source>
        <translation>Vertikal spiegeln</translation>
    </message>
    <message>
        <source>Flip View</source>
        <translation>Ansicht spiegeln</translation>
    </message>
    <message>
        <source>Forget the Reference</source>
        <translation>Die Vorlage vergessen</translation>
    </message>
    <message>
        <source>Generate</source>
        <translation>Generieren</translation>
    </message>
    <message>
        <source>Generate Panel</source>
        <translation>Bedienfeld Generieren</translation>
    </message>
    <message>
        <source>Generate, at the Front of the Queue</source>
        <translation>Generieren, am Anfang der Warteschlange</translation>
    </message>
    <message>
        <source>Generation Box Tool</source>
        <translation>Generierrahmen</translation>
    </message>
    <message>
        <source>Go to the Prompt</source>
        <translation>Zur Beschreibung</translation>
    </message>
    <message>
        <source>Green</source>
        <translation>Grün</translation>
    </message>
    <message>
        <source>Grey</source>
        <translation>Grau</translation>
    </message>
    <message>
        <source>Grid</source>
        <translation>Raster</translation>
    </message>
    <message>
        <source>Grid Spacing…</source>
        <translation>Rasterweite…</translation>
    </message>
    <message>
        <source>Group</source>
        <translation>Gruppieren</translation>
    </message>
    <message>
        <source>Guides</source>
        <translation>Hilfslinien</translation>
    </message>
    <message>
        <source>Harder Brush</source>
        <translation>Härterer Pinsel</translation>
    </message>
    <message>
        <source>Help</source>
        <translation>Hilfe</translation>
    </message>
    <message>
        <source>Hide or Show the Panels</source>
        <translation>Bedienfelder aus- oder einblenden</translation>
    </message>
    <message>
        <source>History Panel</source>
        <translation>Bedienfeld Verlauf</translation>
    </message>
    <message>
        <source>Image</source>
        <translation>Bild</translation>
    </message>
    <message>
        <source>Invert the Mask</source>
        <translation>Maske umkehren</translation>
    </message>
    <message>
        <source>Keep Only This Candidate</source>
        <translation>Nur diesen Kandidaten behalten</translation>
    </message>
    <message>
        <source>Larger Brush</source>
        <translation>Größerer Pinsel</translation>
    </message>
    <message>
        <source>Layer</source>
        <translation>Ebene</translation>
    </message>
    <message>
        <source>Layers Panel</source>
        <translation>Bedienfeld Ebenen</translation>
    </message>
    <message>
        <source>Leave Out of the Engine’s View</source>
        <translation>Dem Modell nicht zeigen</translation>
    </message>
    <message>
        <source>Lock</source>
        <translation>Sperren</translation>
    </message>
    <message>
        <source>Lock Guides</source>
        <translation>Hilfslinien sperren</translation>
    </message>
    <message>
        <source>Lock Pixels</source>
        <translation>Pixel sperren</translation>
    </message>
    <message>
        <source>Lock Position</source>
        <translation>Position sperren</translation>
    </message>
    <message>
        <source>Lock Transparency</source>
        <translation>Transparenz sperren</translation>
    </message>
    <message>
        <source>Lock or Unlock All</source>
        <translation>Alles sperren oder entsperren</translation>
    </message>
    <message>
        <source>Make a Mask from the Alpha</source>
        <translation>Maske aus dem Alpha machen</translation>
    </message>
    <message>
        <source>Make a Mask from the Box</source>
        <translation>Maske aus dem Rahmen machen</translation>
    </message>
    <message>
        <source>Make a Mask from the Selection</source>
        <translation>Maske aus der Auswahl machen</translation>
    </message>
    <message>
        <source>Mask</source>
        <translation>Maske</translation>
    </message>
    <message>
        <source>Mask Brush</source>
        <translation>Maskenpinsel</translation>
    </message>
    <message>
        <source>Mask Eraser</source>
        <translation>Maskenradierer</translation>
    </message>
    <message>
        <source>Merge Down, or the Chosen Layers</source>
        <translation>Nach unten vereinen, oder die gewählten Ebenen</translation>
    </message>
    <message>
        <source>Move Tool</source>
        <translation>Verschiebewerkzeug</translation>
    </message>
    <message>
        <source>New Guide…</source>
        <translation>Neue Hilfslinie…</translation>
    </message>
    <message>
        <source>New from the Clipboard</source>
        <translation>Neu aus der Zwischenablage</translation>
    </message>
    <message>
        <source>New…</source>
        <translation>Neu…</translation>
    </message>
    <message>
        <source>Next Candidate</source>
        <translation>Nächster Kandidat</translation>
    </message>
    <message>
        <source>Next Prompt</source>
        <translation>Nächste Beschreibung</translation>
    </message>
    <message>
        <source>No Colour</source>
        <translation>Keine Farbe</translation>
    </message>
    <message>
        <source>Opacity</source>
        <translation>Deckkraft</translation>
    </message>
    <message>
        <source>Open…</source>
        <translation>Öffnen…</translation>
    </message>
    <message>
        <source>Orange</source>
        <translation>Orange</translation>
    </message>
    <message>
        <source>Remove the Selected Things</source>
        <translation>Ausgewählte Dinge entfernen</translation>
    </message>
    <message>
        <source>Reset Size and Shape</source>
        <translation>Wieder eigene Größe und Form</translation>
    </message>
    <message>
        <source>Panels</source>
        <translation>Bedienfelder</translation>
    </message>
    <message>
        <source>Keyboard Shortcuts…</source>
        <translation>Tastenkürzel…</translation>
    </message>
    <message>
        <source>Paste</source>
        <translation>Einfügen</translation>
    </message>
    <message>
        <source>Place Picture as Layer…</source>
        <translation>Bild als Ebene platzieren…</translation>
    </message>
    <message>
        <source>Preferences…</source>
        <translation>Voreinstellungen…</translation>
    </message>
    <message>
        <source>Previous Candidate</source>
        <translation>Voriger Kandidat</translation>
    </message>
    <message>
        <source>Previous Prompt</source>
        <translation>Vorige Beschreibung</translation>
    </message>
    <message>
        <source>Put the Box into the Middle</source>
        <translation>Rahmen in die Mitte setzen</translation>
    </message>
    <message>
        <source>Queue Panel</source>
        <translation>Bedienfeld Aufträge</translation>
    </message>
    <message>
        <source>Quit</source>
        <translation>Beenden</translation>
    </message>
    <message>
        <source>Recover Unsaved Work…</source>
        <translation>Nicht gespeicherte Arbeit wiederherstellen…</translation>
    </message>
    <message>
        <source>Red</source>
        <translation>Rot</translation>
    </message>
    <message>
        <source>Redo</source>
        <translation>Wiederholen</translation>
    </message>
    <message>
        <source>Reference from a Picture File…</source>
        <translation>Vorlage aus einer Bilddatei…</translation>
    </message>
    <message>
        <source>Regenerate with a New Seed</source>
        <translation>Mit neuem Startwert noch einmal generieren</translation>
    </message>
    <message>
        <source>Rename</source>
        <translation>Umbenennen</translation>
    </message>
    <message>
        <source>Rename or Delete Presets…</source>
        <translation>Vorgaben umbenennen oder löschen…</translation>
    </message>
    <message>
        <source>Resettle: New Light and Shadow Here</source>
        <translation>Neu einpassen: Licht und Schatten für diese Stelle</translation>
    </message>
    <message>
        <source>Reveal All</source>
        <translation>Alles einblenden</translation>
    </message>
    <message>
        <source>Rotate View</source>
        <translation>Ansicht drehen</translation>
    </message>
    <message>
        <source>Rotate View Tool</source>
        <translation>Ansicht-drehen-Werkzeug</translation>
    </message>
    <message>
        <source>Rulers</source>
        <translation>Lineale</translation>
    </message>
    <message>
        <source>Run Its Recipe Again, with Its Seed</source>
        <translation>Rezept noch einmal ausführen, mit seinem Startwert</translation>
    </message>
    <message>
        <source>Save</source>
        <translation>Speichern</translation>
    </message>
    <message>
        <source>Save As…</source>
        <translation>Speichern unter…</translation>
    </message>
    <message>
        <source>Save Diagnostics…</source>
        <translation>Diagnose speichern…</translation>
    </message>
    <message>
        <source>Save as Preset…</source>
        <translation>Als Vorgabe speichern…</translation>
    </message>
    <message>
        <source>Select the Layer Above</source>
        <translation>Die Ebene darüber wählen</translation>
    </message>
    <message>
        <source>Select the Layer Below</source>
        <translation>Die Ebene darunter wählen</translation>
    </message>
    <message>
        <source>Send Backward</source>
        <translation>Nach hinten</translation>
    </message>
    <message>
        <source>Show Guides</source>
        <translation>Hilfslinien zeigen</translation>
    </message>
    <message>
        <source>Show Only This Layer</source>
        <translation>Nur diese Ebene zeigen</translation>
    </message>
    <message>
        <source>Show or Hide</source>
        <translation>Ein- oder ausblenden</translation>
    </message>
    <message>
        <source>Show the Mask Alone</source>
        <translation>Nur die Maske zeigen</translation>
    </message>
    <message>
        <source>Show the Mask in Red</source>
        <translation>Maske rot zeigen</translation>
    </message>
    <message>
        <source>Smaller Brush</source>
        <translation>Kleinerer Pinsel</translation>
    </message>
    <message>
        <source>Snap</source>
        <translation>Einrasten</translation>
    </message>
    <message>
        <source>Softer Brush</source>
        <translation>Weicherer Pinsel</translation>
    </message>
    <message>
        <source>Split Shadow and Reflection</source>
        <translation>Schatten und Spiegelung abtrennen</translation>
    </message>
    <message>
        <source>Swap Brush and Eraser</source>
        <translation>Pinsel und Radierer tauschen</translation>
    </message>
    <message>
        <source>Switch the Mask Off or On</source>
        <translation>Maske aus- oder einschalten</translation>
    </message>
    <message>
        <source>Take Apart Tool</source>
        <translation>Werkzeug „Zerlegen“</translation>
    </message>
    <message>
        <source>Take Prompt, Box and Seed from the Layer</source>
        <translation>Beschreibung, Rahmen und Startwert von der Ebene nehmen</translation>
    </message>
    <message>
        <source>Take the Selected Things Apart</source>
        <translation>Ausgewählte Dinge herausnehmen</translation>
    </message>
    <message>
        <source>Tool Options</source>
        <translation>Werkzeugoptionen</translation>
    </message>
    <message>
        <source>Transform Tool</source>
        <translation>Transformierwerkzeug</translation>
    </message>
    <message>
        <source>Undo</source>
        <translation>Rückgängig</translation>
    </message>
    <message>
        <source>Ungroup</source>
        <translation>Gruppe auflösen</translation>
    </message>
    <message>
        <source>Unlink or Link the Mask</source>
        <translation>Maske lösen oder verknüpfen</translation>
    </message>
    <message>
        <source>Upright</source>
        <translation>Aufrecht</translation>
    </message>
    <message>
        <source>Use Box as Reference</source>
        <translation>Rahmen als Vorlage nehmen</translation>
    </message>
    <message>
        <source>Use Layer as Reference</source>
        <translation>Ebene als Vorlage nehmen</translation>
    </message>
    <message>
        <source>Vary: Four More Candidates</source>
        <translation>Variieren: vier weitere Kandidaten</translation>
    </message>
    <message>
        <source>View</source>
        <translation>Ansicht</translation>
    </message>
    <message>
        <source>Violet</source>
        <translation>Violett</translation>
    </message>
    <message>
        <source>Welcome Page</source>
        <translation>Startseite</translation>
    </message>
    <message>
        <source>What the Model Knows</source>
        <translation>Was das Modell kennt</translation>
    </message>
    <message>
        <source>What the Program Says</source>
        <translation>Was das Programm sagt</translation>
    </message>
    <message>
        <source>White</source>
        <translation>Weiß</translation>
    </message>
    <message>
        <source>Yellow</source>
        <translation>Gelb</translation>
    </message>
    <message>
        <source>Zoom In</source>
        <translation>Vergrößern</translation>
    </message>
    <message>
        <source>Zoom Out</source>
        <translation>Verkleinern</translation>
    </message>
</context>
<context>
    <name>app</name>
    <message>
        <source>A FLUX model&apos;s folder holds {fill}, {vae} and {weights}.</source>
        <translation>Im Ordner eines FLUX-Modells sind {fill}, {vae} und {weights}.</translation>
    </message>
    <message>
        <source>A PSB holds at most {longest:,} pixels a side.</source>
        <translation>Eine PSB fasst höchstens {longest} Pixel je Seite.</translation>
    </message>
    <message>
        <source>A canvas has 1 to {side} pixels a side, and a thousand million at most.</source>
        <translation>Eine Arbeitsfläche hat 1 bis {side} Pixel je Seite und höchstens eine Milliarde.</translation>
    </message>
    <message>
        <source>A group cannot be moved into itself.</source>
        <translation>Eine Gruppe kann nicht in sich selbst verschoben werden.</translation>
    </message>
    <message>
        <source>A {kind} file holds at most {longest:,} pixels a side; the picture is {width:,} × {height:,}.</source>
        <translation>Eine Datei der Art {kind} fasst höchstens {longest} Pixel je Seite; das Bild hat {width} × {height}.</translation>
    </message>
    <message>
        <source>Accept the licence on {page}, and give a token from {tokens} that may read it.</source>
        <translation>Stimmen Sie der Lizenz auf {page} zu und geben Sie ein Token von {tokens} an, das es lesen darf.</translation>
    </message>
    <message>
        <source>Add one from the Layer menu.</source>
        <translation>Fügen Sie über das Menü Ebene eine hinzu.</translation>
    </message>
    <message>
        <source>All layers are merged into one picture; names, groups, masks and recipes are not kept.</source>
        <translation>Alle Ebenen werden zu einem Bild vereint; Namen, Gruppen, Masken und Rezepte bleiben nicht erhalten.</translation>
    </message>
    <message>
        <source>Another download into {folder} is going on.</source>
        <translation>Ein anderer Download nach {folder} ist im Gange.</translation>
    </message>
    <message>
        <source>Apache License 2.0; its cut-outs: SIL Open Font License 1.1 and Apache License 2.0</source>
        <translation>Apache License 2.0; die Ausschnitte: SIL Open Font License 1.1 und Apache License 2.0</translation>
    </message>
    <message>
        <source>Apply it or delete it first.</source>
        <translation>Wenden Sie sie zuerst an oder löschen Sie sie.</translation>
    </message>
    <message>
        <source>Ask its owner for the right to read it.</source>
        <translation>Bitten Sie den Besitzer um das Recht, sie zu lesen.</translation>
    </message>
    <message>
        <source>At least one candidate must be asked for, and {count} were.</source>
        <translation>Mindestens ein Kandidat muss verlangt werden; verlangt wurden {count}.</translation>
    </message>
    <message>
        <source>BFS works inside a FLUX transformer, and this is a {kind}.</source>
        <translation>BFS arbeitet in einem FLUX-Transformer, und dies ist ein {kind}.</translation>
    </message>
    <message>
        <source>Check the connection and go on later. What has come stays, what is installed works.</source>
        <translation>Prüfen Sie die Verbindung und machen Sie später weiter. Was schon da ist, bleibt, und was installiert ist, funktioniert.</translation>
    </message>
    <message>
        <source>Check the name and the folder.</source>
        <translation>Prüfen Sie Namen und Ordner.</translation>
    </message>
    <message>
        <source>Choose a layer that shows something and is not locked.</source>
        <translation>Wählen Sie eine Ebene, die etwas zeigt und nicht gesperrt ist.</translation>
    </message>
    <message>
        <source>Choose a shorter name.</source>
        <translation>Wählen Sie einen kürzeren Namen.</translation>
    </message>
    <message>
        <source>Choose another folder.</source>
        <translation>Wählen Sie einen anderen Ordner.</translation>
    </message>
    <message>
        <source>Choose another name.</source>
        <translation>Wählen Sie einen anderen Namen.</translation>
    </message>
    <message>
        <source>Choose layers that show something and are not locked.</source>
        <translation>Wählen Sie Ebenen, die etwas zeigen und nicht gesperrt sind.</translation>
    </message>
    <message>
        <source>Choose more layers with Ctrl in the layer panel.</source>
        <translation>Wählen Sie im Ebenenbedienfeld mit Strg weitere Ebenen.</translation>
    </message>
    <message>
        <source>Choose the folder around it: {folder}.</source>
        <translation>Wählen Sie den Ordner darum: {folder}.</translation>
    </message>
    <message>
        <source>Choose the folder that holds the model.</source>
        <translation>Wählen Sie den Ordner, in dem das Modell liegt.</translation>
    </message>
    <message>
        <source>Choose the layer that shows the thing, above the same view without it.</source>
        <translation>Wählen Sie die Ebene, die das Ding zeigt, über derselben Ansicht ohne es.</translation>
    </message>
    <message>
        <source>Choose the layers that should be grouped.</source>
        <translation>Wählen Sie die Ebenen, die gruppiert werden sollen.</translation>
    </message>
    <message>
        <source>Choose the reference again.</source>
        <translation>Wählen Sie die Vorlage noch einmal.</translation>
    </message>
    <message>
        <source>Choose the starter for it.</source>
        <translation>Wählen Sie dafür den Starter.</translation>
    </message>
    <message>
        <source>Choose {folder}.</source>
        <translation>Wählen Sie {folder}.</translation>
    </message>
    <message>
        <source>Click on it, or draw a closer box around it.</source>
        <translation>Klicken Sie darauf, oder ziehen Sie einen engeren Rahmen darum.</translation>
    </message>
    <message>
        <source>Clipping is approximate in programs that do not know it.</source>
        <translation>Schnittmasken sind in Programmen, die sie nicht kennen, nur angenähert.</translation>
    </message>
    <message>
        <source>Close other programs and save again.</source>
        <translation>Schließen Sie andere Programme und speichern Sie erneut.</translation>
    </message>
    <message>
        <source>Close other programs, or choose a leaner memory mode.</source>
        <translation>Schließen Sie andere Programme, oder wählen Sie einen sparsameren Speichermodus.</translation>
    </message>
    <message>
        <source>Close other programs, or draw a smaller box.</source>
        <translation>Schließen Sie andere Programme, oder ziehen Sie einen kleineren Rahmen.</translation>
    </message>
    <message>
        <source>Close other programs, or scale it down first.</source>
        <translation>Schließen Sie andere Programme, oder verkleinern Sie das Bild vorher.</translation>
    </message>
    <message>
        <source>Close other programs, or use the starter.</source>
        <translation>Schließen Sie andere Programme, oder verwenden Sie den Starter.</translation>
    </message>
    <message>
        <source>Convert it to RGB in Photoshop.</source>
        <translation>Wandeln Sie sie in Photoshop in RGB um.</translation>
    </message>
    <message>
        <source>Copy it again from {page}.</source>
        <translation>Kopieren Sie es noch einmal von {page}.</translation>
    </message>
    <message>
        <source>Crop the document, or save it as a project.</source>
        <translation>Beschneiden Sie das Dokument, oder speichern Sie es als Projekt.</translation>
    </message>
    <message>
        <source>Crop to {width} × {height}</source>
        <translation>Auf {width} × {height} zuschneiden</translation>
    </message>
    <message>
        <source>Delete candidates or layers, or remove the color profile.</source>
        <translation>Löschen Sie Kandidaten oder Ebenen, oder entfernen Sie das Farbprofil.</translation>
    </message>
    <message>
        <source>Delete the layer instead.</source>
        <translation>Löschen Sie stattdessen die Ebene.</translation>
    </message>
    <message>
        <source>Denoising</source>
        <translation>Entrauschen</translation>
    </message>
    <message>
        <source>Details are in the log.</source>
        <translation>Einzelheiten stehen im Protokoll.</translation>
    </message>
    <message>
        <source>Distributing needs at least three layers.</source>
        <translation>Verteilen braucht mindestens drei Ebenen.</translation>
    </message>
    <message>
        <source>Do not trust where it comes from.</source>
        <translation>Trauen Sie ihrer Herkunft nicht.</translation>
    </message>
    <message>
        <source>Download it again.</source>
        <translation>Laden Sie die Datei noch einmal herunter.</translation>
    </message>
    <message>
        <source>Download trained_weights.pt of the BFS release.</source>
        <translation>Laden Sie trained_weights.pt aus der BFS-Veröffentlichung herunter.</translation>
    </message>
    <message>
        <source>Downloads are switched off here by HF_HUB_OFFLINE.</source>
        <translation>Downloads sind hier durch HF_HUB_OFFLINE abgeschaltet.</translation>
    </message>
    <message>
        <source>Downstage cannot save under {what}.</source>
        <translation>Downstage kann unter {what} nicht speichern.</translation>
    </message>
    <message>
        <source>Downstage opens no project that would need more than 4 GB of memory.</source>
        <translation>Downstage öffnet kein Projekt, das mehr als 4 GB Speicher brauchte.</translation>
    </message>
    <message>
        <source>Draw a box around the thing, or click on it.</source>
        <translation>Ziehen Sie einen Rahmen um das Ding, oder klicken Sie darauf.</translation>
    </message>
    <message>
        <source>Draw a box of at most {count} pixels around it.</source>
        <translation>Ziehen Sie einen Rahmen von höchstens {count} Pixeln darum.</translation>
    </message>
    <message>
        <source>Draw a closer box, or click on the thing.</source>
        <translation>Ziehen Sie einen engeren Rahmen, oder klicken Sie auf das Ding.</translation>
    </message>
    <message>
        <source>Draw the box around what only one of them shows.</source>
        <translation>Ziehen Sie den Rahmen um das, was nur eines von beiden zeigt.</translation>
    </message>
    <message>
        <source>Draw the box inside the picture.</source>
        <translation>Ziehen Sie den Rahmen innerhalb des Bildes.</translation>
    </message>
    <message>
        <source>Effects can be split off a layer whose blend mode is Normal.</source>
        <translation>Effekte lassen sich von einer Ebene mit der Füllmethode Normal abtrennen.</translation>
    </message>
    <message>
        <source>Empty room around what is in the layers is cut off.</source>
        <translation>Leerer Raum um die Inhalte der Ebenen wird abgeschnitten.</translation>
    </message>
    <message>
        <source>Erase on the Mask</source>
        <translation>Auf der Maske radieren</translation>
    </message>
    <message>
        <source>Every visible layer becomes a page as it looks by itself; groups, blend modes, masks and recipes are not kept.</source>
        <translation>Jede sichtbare Ebene wird eine Seite, so wie sie für sich aussieht; Gruppen, Füllmethoden, Masken und Rezepte bleiben nicht erhalten.</translation>
    </message>
    <message>
        <source>Extract “{name}”</source>
        <translation>„{name}“ herauslösen</translation>
    </message>
    <message>
        <source>Fetch it again.</source>
        <translation>Laden Sie es noch einmal herunter.</translation>
    </message>
    <message>
        <source>Fetch it into {folder}.</source>
        <translation>Laden Sie es nach {folder}.</translation>
    </message>
    <message>
        <source>Flatten it in the program that made it.</source>
        <translation>Reduzieren Sie sie in dem Programm, aus dem sie stammt, auf eine Ebene.</translation>
    </message>
    <message>
        <source>Flip horizontally</source>
        <translation>Horizontal spiegeln</translation>
    </message>
    <message>
        <source>Flip vertically</source>
        <translation>Vertikal spiegeln</translation>
    </message>
    <message>
        <source>Free some room or save somewhere else.</source>
        <translation>Schaffen Sie Platz, oder speichern Sie anderswo.</translation>
    </message>
    <message>
        <source>Generate “{name}” again</source>
        <translation>„{name}“ noch einmal generieren</translation>
    </message>
    <message>
        <source>Give its repository, OWNER/NAME; see {page}.</source>
        <translation>Geben Sie das Repository an, BESITZER/NAME; siehe {page}.</translation>
    </message>
    <message>
        <source>Go on later. What has come stays.</source>
        <translation>Machen Sie später weiter. Was schon da ist, bleibt.</translation>
    </message>
    <message>
        <source>Go on with it where it was begun.</source>
        <translation>Setzen Sie ihn dort fort, wo er begonnen wurde.</translation>
    </message>
    <message>
        <source>Groups can be nested {most} deep, and no deeper.</source>
        <translation>Gruppen lassen sich {most} tief verschachteln, und nicht tiefer.</translation>
    </message>
    <message>
        <source>Guides and colour tags are not kept.</source>
        <translation>Hilfslinien und Farbmarken bleiben nicht erhalten.</translation>
    </message>
    <message>
        <source>Guides are rounded to a 32nd of a pixel.</source>
        <translation>Hilfslinien werden auf ein 32stel Pixel gerundet.</translation>
    </message>
    <message>
        <source>Guides left of the canvas or above it are not written.</source>
        <translation>Hilfslinien links von der Arbeitsfläche oder über ihr werden nicht geschrieben.</translation>
    </message>
    <message>
        <source>Hidden layers cannot be merged.</source>
        <translation>Ausgeblendete Ebenen können nicht vereint werden.</translation>
    </message>
    <message>
        <source>Insert “{name}”</source>
        <translation>„{name}“ einfügen</translation>
    </message>
    <message>
        <source>Inside the box the two pictures are the same.</source>
        <translation>Im Rahmen sind beide Bilder gleich.</translation>
    </message>
    <message>
        <source>Install the program again.</source>
        <translation>Installieren Sie das Programm neu.</translation>
    </message>
    <message>
        <source>It is damaged, or made to fill the memory.</source>
        <translation>Sie ist beschädigt, oder sie soll den Speicher füllen.</translation>
    </message>
    <message>
        <source>It opens {kinds}.</source>
        <translation>Es öffnet {kinds}.</translation>
    </message>
    <message>
        <source>It reads channels R, G, B or Y, with or without A.</source>
        <translation>Es liest die Kanäle R, G, B oder Y, mit oder ohne A.</translation>
    </message>
    <message>
        <source>It writes {known}.</source>
        <translation>Es schreibt {known}.</translation>
    </message>
    <message>
        <source>Its height lies between 0 and 90 degrees; strength, softness and colours between 0 and 1.</source>
        <translation>Seine Höhe liegt zwischen 0 und 90 Grad; Stärke, Weichheit und Farben zwischen 0 und 1.</translation>
    </message>
    <message>
        <source>Its weights are damaged, or too large for half precision. Fetch it again.</source>
        <translation>Seine Gewichte sind beschädigt oder zu groß für halbe Genauigkeit. Laden Sie es neu herunter.</translation>
    </message>
    <message>
        <source>JPEG knows no transparency; what is transparent becomes white.</source>
        <translation>JPEG kennt keine Transparenz; was durchsichtig ist, wird weiß.</translation>
    </message>
    <message>
        <source>Layers keep their 8 bits a channel, written as 16; the merged picture and what is resampled are computed with 16.</source>
        <translation>Ebenen behalten ihre 8 Bit je Kanal, als 16 geschrieben; das zusammengesetzte Bild und was neu berechnet wird, hat echte 16.</translation>
    </message>
    <message>
        <source>Layers of more than {most:,} megapixels together: Downstage cannot open the file again. Keep a project.</source>
        <translation>Die Ebenen haben zusammen mehr als {most} Megapixel: Downstage kann die Datei nicht wieder öffnen. Bewahren Sie ein Projekt auf.</translation>
    </message>
    <message>
        <source>Leave some of the ground around the thing, or cut it out yourself and use a picture with transparency.</source>
        <translation>Lassen Sie um das Ding etwas Hintergrund stehen, oder stellen Sie es selbst frei und nehmen Sie ein Bild mit Transparenz.</translation>
    </message>
    <message>
        <source>Leave the choice to the program.</source>
        <translation>Überlassen Sie die Wahl dem Programm.</translation>
    </message>
    <message>
        <source>Left out, because they cannot be read: {names}.</source>
        <translation>Ausgelassen, weil nicht lesbar: {names}.</translation>
    </message>
    <message>
        <source>Left out, so the picture may look different: {names}.</source>
        <translation>Weggelassen, das Bild kann daher anders aussehen: {names}.</translation>
    </message>
    <message>
        <source>Light where nothing covers (alpha 0), as of a flame, was lost.</source>
        <translation>Licht, wo nichts deckt (Alpha 0), etwa das einer Flamme, ging verloren.</translation>
    </message>
    <message>
        <source>Loading FLUX. {memory}</source>
        <translation>FLUX wird geladen. {memory}</translation>
    </message>
    <message>
        <source>Loading {model}. {memory}</source>
        <translation>{model} wird geladen. {memory}</translation>
    </message>
    <message>
        <source>Locks of position, pixels or transparency alone are not kept.</source>
        <translation>Sperren nur für Position, Pixel oder Transparenz bleiben nicht erhalten.</translation>
    </message>
    <message>
        <source>Look at {page}.</source>
        <translation>Sehen Sie auf {page} nach.</translation>
    </message>
    <message>
        <source>Looking at the picture</source>
        <translation>Das Bild wird betrachtet</translation>
    </message>
    <message>
        <source>Looking behind thing {number}</source>
        <translation>Hinter Ding {number} wird nachgesehen</translation>
    </message>
    <message>
        <source>Make one of your own on {page}.</source>
        <translation>Erstellen Sie ein eigenes auf {page}.</translation>
    </message>
    <message>
        <source>Make room and go on. What has come stays.</source>
        <translation>Schaffen Sie Platz und machen Sie weiter. Was schon da ist, bleibt.</translation>
    </message>
    <message>
        <source>Make room, or choose another folder.</source>
        <translation>Schaffen Sie Platz oder wählen Sie einen anderen Ordner.</translation>
    </message>
    <message>
        <source>Make the folder first, or save into another one.</source>
        <translation>Legen Sie den Ordner an, oder speichern Sie in einen anderen.</translation>
    </message>
    <message>
        <source>Make the layer without one, then settle its thing in the light.</source>
        <translation>Erstellen Sie die Ebene ohne Licht, und setzen Sie das Ding dann in das Licht.</translation>
    </message>
    <message>
        <source>Mask “{name}” by the selection</source>
        <translation>„{name}“ mit der Auswahl maskieren</translation>
    </message>
    <message>
        <source>Masks become part of the layers&apos; transparency.</source>
        <translation>Masken gehen in die Transparenz der Ebenen ein.</translation>
    </message>
    <message>
        <source>Masks that show more outside than inside are written over their layers only: {names}.</source>
        <translation>Masken, die außen mehr zeigen als innen, werden nur über ihren Ebenen geschrieben: {names}.</translation>
    </message>
    <message>
        <source>Masks that were scaled or turned with their groups are written as they look, resampled: {names}.</source>
        <translation>Masken, die mit ihren Gruppen skaliert oder gedreht wurden, werden neu berechnet geschrieben, so wie sie aussehen: {names}.</translation>
    </message>
    <message>
        <source>Merge or crop some layers first.</source>
        <translation>Vereinen oder beschneiden Sie zuerst einige Ebenen.</translation>
    </message>
    <message>
        <source>More than 30,000 pixels a side: the file is written in Photoshop&apos;s large document format (PSB).</source>
        <translation>Mehr als 30 000 Pixel je Seite: Die Datei wird in Photoshops Format für große Dokumente (PSB) geschrieben.</translation>
    </message>
    <message>
        <source>Move</source>
        <translation>Verschieben</translation>
    </message>
    <message>
        <source>Move a copy</source>
        <translation>Eine Kopie verschieben</translation>
    </message>
    <message>
        <source>Move it onto the canvas first.</source>
        <translation>Schieben Sie es zuerst auf die Arbeitsfläche.</translation>
    </message>
    <message>
        <source>Move the guide</source>
        <translation>Hilfslinie verschieben</translation>
    </message>
    <message>
        <source>Name a file in it.</source>
        <translation>Nennen Sie eine Datei darin.</translation>
    </message>
    <message>
        <source>Names keep only the characters that a PSD can hold: {names}.</source>
        <translation>Namen behalten nur die Zeichen, die eine PSD fassen kann: {names}.</translation>
    </message>
    <message>
        <source>New</source>
        <translation>Neu</translation>
    </message>
    <message>
        <source>New guide</source>
        <translation>Neue Hilfslinie</translation>
    </message>
    <message>
        <source>No layer is active. Choose one in the layer panel.</source>
        <translation>Keine Ebene ist aktiv. Wählen Sie eine im Ebenenbedienfeld.</translation>
    </message>
    <message>
        <source>No thing stands out from the ground of the reference picture.</source>
        <translation>Auf dem Referenzbild hebt sich kein Ding vom Hintergrund ab.</translation>
    </message>
    <message>
        <source>Not kept: {names}.</source>
        <translation>Nicht erhalten: {names}.</translation>
    </message>
    <message>
        <source>Nothing in this layer is opaque, so thing and effects cannot be told apart.</source>
        <translation>In dieser Ebene ist nichts deckend, daher sind Ding und Effekte nicht zu unterscheiden.</translation>
    </message>
    <message>
        <source>Nothing in “{name}” is opaque, so thing and shadow cannot be told apart.</source>
        <translation>In „{name}“ ist nichts deckend; Ding und Schatten sind nicht zu unterscheiden.</translation>
    </message>
    <message>
        <source>Nothing is selected of thing {number}.</source>
        <translation>Von Ding {number} ist nichts ausgewählt.</translation>
    </message>
    <message>
        <source>Nothing is selected.</source>
        <translation>Es ist nichts ausgewählt.</translation>
    </message>
    <message>
        <source>Nothing stands out from its ground there.</source>
        <translation>Dort hebt sich nichts vom Grund ab.</translation>
    </message>
    <message>
        <source>On the processor: about {count:g} GB of main memory.</source>
        <translation>Auf dem Prozessor: etwa {count:g} GB Hauptspeicher.</translation>
    </message>
    <message>
        <source>On {machine}, {mode}: about {need:.1f} of {free:.1f} GB free.</source>
        <translation>{machine}, {mode}: etwa {need:.1f} von {free:.1f} GB freiem Speicher.</translation>
    </message>
    <message>
        <source>Only the first of {frames} pictures in the file was opened.</source>
        <translation>Von {frames} Bildern in der Datei wurde nur das erste geöffnet.</translation>
    </message>
    <message>
        <source>Open</source>
        <translation>Geöffnet</translation>
    </message>
    <message>
        <source>Open a file that Downstage saved with the ending .downstage.</source>
        <translation>Öffnen Sie eine Datei, die Downstage mit der Endung .downstage gespeichert hat.</translation>
    </message>
    <message>
        <source>Open it again in a moment.</source>
        <translation>Öffnen Sie sie gleich noch einmal.</translation>
    </message>
    <message>
        <source>Paint on the Mask</source>
        <translation>Auf der Maske malen</translation>
    </message>
    <message>
        <source>Parts of this document lay beyond what a project can hold, and were brought back within it.</source>
        <translation>Teile dieses Dokuments lagen außerhalb dessen, was ein Projekt aufnehmen kann, und wurden hineingeholt.</translation>
    </message>
    <message>
        <source>Pass-through groups with an opacity are mixed apart from what lies below.</source>
        <translation>Gruppen im Modus „Hindurchwirken“ mit Deckkraft werden getrennt von dem gemischt, was darunter liegt.</translation>
    </message>
    <message>
        <source>Programs other than Krita show these blend modes as normal: {modes}.</source>
        <translation>Andere Programme als Krita zeigen diese Füllmethoden als „Normal“: {modes}.</translation>
    </message>
    <message>
        <source>Put the same view without the thing on the layer below, then extract again.</source>
        <translation>Legen Sie dieselbe Ansicht ohne das Ding auf die Ebene darunter und lösen Sie es dann noch einmal heraus.</translation>
    </message>
    <message>
        <source>Reading the prompt</source>
        <translation>Der Prompt wird gelesen</translation>
    </message>
    <message>
        <source>Recipes (prompts, seeds) and other candidates of generated layers stay in the project file only.</source>
        <translation>Rezepte (Prompts, Seeds) und weitere Kandidaten erzeugter Ebenen bleiben nur in der Projektdatei.</translation>
    </message>
    <message>
        <source>Reinstall Downstage, or export the model again.</source>
        <translation>Installieren Sie Downstage neu oder exportieren Sie das Modell noch einmal.</translation>
    </message>
    <message>
        <source>Reinstall Downstage, or name the folder of a model.</source>
        <translation>Installieren Sie Downstage neu, oder nennen Sie den Ordner eines Modells.</translation>
    </message>
    <message>
        <source>Reinstall Downstage.</source>
        <translation>Installieren Sie Downstage neu.</translation>
    </message>
    <message>
        <source>Remove the guide</source>
        <translation>Hilfslinie entfernen</translation>
    </message>
    <message>
        <source>Remove “{name}”</source>
        <translation>„{name}“ entfernen</translation>
    </message>
    <message>
        <source>Reset the transform</source>
        <translation>Transformation zurücksetzen</translation>
    </message>
    <message>
        <source>Resettle “{name}”</source>
        <translation>„{name}“ neu einpassen</translation>
    </message>
    <message>
        <source>Rotate</source>
        <translation>Drehen</translation>
    </message>
    <message>
        <source>Save again in a moment.</source>
        <translation>Speichern Sie gleich noch einmal.</translation>
    </message>
    <message>
        <source>Save into another folder or under another name.</source>
        <translation>Speichern Sie in einen anderen Ordner oder unter anderem Namen.</translation>
    </message>
    <message>
        <source>Save into another folder.</source>
        <translation>Speichern Sie in einen anderen Ordner.</translation>
    </message>
    <message>
        <source>Save it anew in the program that made it.</source>
        <translation>Speichern Sie sie in dem Programm neu, aus dem sie stammt.</translation>
    </message>
    <message>
        <source>Save it as PNG or TIFF.</source>
        <translation>Speichern Sie es als PNG oder TIFF.</translation>
    </message>
    <message>
        <source>Save it as RGB or with 8 bits.</source>
        <translation>Speichern Sie sie als RGB oder mit 8 Bit.</translation>
    </message>
    <message>
        <source>Save it as RGB.</source>
        <translation>Speichern Sie sie als RGB.</translation>
    </message>
    <message>
        <source>Save it with the ending .psb.</source>
        <translation>Speichern Sie es mit der Endung .psb.</translation>
    </message>
    <message>
        <source>Save somewhere else.</source>
        <translation>Speichern Sie anderswo.</translation>
    </message>
    <message>
        <source>Save soon, and make room. It is tried again by itself.</source>
        <translation>Speichern Sie bald, und schaffen Sie Platz. Es wird von selbst wieder versucht.</translation>
    </message>
    <message>
        <source>Save under another name to keep both.</source>
        <translation>Speichern Sie unter anderem Namen, um beide zu behalten.</translation>
    </message>
    <message>
        <source>Scale</source>
        <translation>Skalieren</translation>
    </message>
    <message>
        <source>Scale it down or cut it in another program first.</source>
        <translation>Verkleinern oder beschneiden Sie es vorher in einem anderen Programm.</translation>
    </message>
    <message>
        <source>Scaled, turned or part-pixel layers are written as they look, resampled.</source>
        <translation>Skalierte, gedrehte oder um Pixelteile verschobene Ebenen werden neu berechnet geschrieben, so wie sie aussehen.</translation>
    </message>
    <message>
        <source>Scaled, turned or part-pixel layers are written as they look, resampled: {names}.</source>
        <translation>Skalierte, gedrehte oder um Pixelteile verschobene Ebenen werden neu berechnet geschrieben, so wie sie aussehen: {names}.</translation>
    </message>
    <message>
        <source>Scaled, turned or part-pixel layers become smart objects; their masks are resampled: {names}.</source>
        <translation>Skalierte, gedrehte oder um Pixelteile verschobene Ebenen werden Smartobjekte; ihre Masken werden neu berechnet: {names}.</translation>
    </message>
    <message>
        <source>See {page}.</source>
        <translation>Siehe {page}.</translation>
    </message>
    <message>
        <source>Show a layer, or include hidden ones.</source>
        <translation>Blenden Sie eine Ebene ein, oder nehmen Sie ausgeblendete dazu.</translation>
    </message>
    <message>
        <source>Show a layer, or save without pages.</source>
        <translation>Blenden Sie eine Ebene ein, oder speichern Sie ohne Seiten.</translation>
    </message>
    <message>
        <source>Show them first.</source>
        <translation>Blenden Sie sie zuerst ein.</translation>
    </message>
    <message>
        <source>Skew</source>
        <translation>Neigen</translation>
    </message>
    <message>
        <source>Some pixels in the file are damaged and were left black.</source>
        <translation>Einige Pixel in der Datei sind beschädigt und blieben schwarz.</translation>
    </message>
    <message>
        <source>Split shadow of “{name}”</source>
        <translation>Schatten von „{name}“ abtrennen</translation>
    </message>
    <message>
        <source>Split the file in the program that made it.</source>
        <translation>Teilen Sie die Datei in dem Programm, aus dem sie stammt.</translation>
    </message>
    <message>
        <source>Start without that variable. What is installed works.</source>
        <translation>Starten Sie ohne diese Variable. Was installiert ist, funktioniert.</translation>
    </message>
    <message>
        <source>Take “{name}” apart</source>
        <translation>„{name}“ zerlegen</translation>
    </message>
    <message>
        <source>The FLUX model in {folder} is not whole: {file} is missing.</source>
        <translation>Das FLUX-Modell in {folder} ist nicht vollständig: {file} fehlt.</translation>
    </message>
    <message>
        <source>The box is {width} × {height} pixels; it needs at least {least} × {least}.</source>
        <translation>Der Rahmen hat {width} × {height} Pixel; er braucht mindestens {least} × {least}.</translation>
    </message>
    <message>
        <source>The box {x},{y} {width} × {height} reaches outside the picture, which is {wide} × {high} pixels.</source>
        <translation>Der Rahmen {x},{y} {width} × {height} reicht über das Bild hinaus, das {wide} × {high} Pixel hat.</translation>
    </message>
    <message>
        <source>The canvas has been cropped or extended; the new layer lies at its place in the picture.</source>
        <translation>Die Leinwand wurde beschnitten oder erweitert; die neue Ebene liegt an ihrer Stelle im Bild.</translation>
    </message>
    <message>
        <source>The colour profile is damaged or of the wrong kind; its colours were taken as sRGB.</source>
        <translation>Das Farbprofil ist beschädigt oder von der falschen Art; die Farben wurden als sRGB genommen.</translation>
    </message>
    <message>
        <source>The colours were converted from “{name}” to sRGB.</source>
        <translation>Die Farben wurden von „{name}“ in sRGB umgewandelt.</translation>
    </message>
    <message>
        <source>The damaged file is kept: {file}</source>
        <translation>Die beschädigte Datei bleibt erhalten: {file}</translation>
    </message>
    <message>
        <source>The density or feather of {n} mask(s) was worked into the masks.</source>
        <translation>Dichte oder weiche Kante von {n} Maske(n) wurde in die Masken eingerechnet.</translation>
    </message>
    <message>
        <source>The disk with {folder} is full.</source>
        <translation>Die Platte mit {folder} ist voll.</translation>
    </message>
    <message>
        <source>The document has no layers to flatten.</source>
        <translation>Das Dokument hat keine Ebenen zu reduzieren.</translation>
    </message>
    <message>
        <source>The document is too large for a PSD, which holds 2 GB.</source>
        <translation>Das Dokument ist zu groß für eine PSD, die 2 GB fasst.</translation>
    </message>
    <message>
        <source>The download of {names} into {folder} is not finished.</source>
        <translation>Der Download von {names} nach {folder} ist nicht beendet.</translation>
    </message>
    <message>
        <source>The download stopped because of an error in the program ({reason}).</source>
        <translation>Der Download endete wegen eines Fehlers im Programm ({reason}).</translation>
    </message>
    <message>
        <source>The effects of {n} layer(s) became pixels; shadows and glows are near to Photoshop&apos;s, not the same.</source>
        <translation>Die Effekte von {n} Ebene(n) wurden Pixel; Schatten und Scheine sind denen von Photoshop nahe, nicht gleich.</translation>
    </message>
    <message>
        <source>The engine gave no layer.</source>
        <translation>Es ist keine Ebene entstanden.</translation>
    </message>
    <message>
        <source>The engine stopped because of an error in the program ({kind}: {error}).</source>
        <translation>Das Modell wurde durch einen Fehler im Programm angehalten ({kind}: {error}).</translation>
    </message>
    <message>
        <source>The file ends too early; the picture was opened as far as it goes.</source>
        <translation>Die Datei endet zu früh; das Bild wurde geöffnet, soweit es reicht.</translation>
    </message>
    <message>
        <source>The file had {depth} bits a channel; they were reduced to 8.</source>
        <translation>Die Datei hatte {depth} Bit je Kanal; sie wurden auf 8 verringert.</translation>
    </message>
    <message>
        <source>The file has no layers with pixels; its merged picture became the only one.</source>
        <translation>Die Datei hat keine Ebenen mit Pixeln; ihr zusammengesetztes Bild wurde die einzige.</translation>
    </message>
    <message>
        <source>The file has no layers; its merged picture became the only one.</source>
        <translation>Die Datei hat keine Ebenen; ihr zusammengesetztes Bild wurde die einzige.</translation>
    </message>
    <message>
        <source>The file is damaged: {damaged} of {asked} pieces of the layers (256 × 256 pixels each) are lost and empty here.</source>
        <translation>Die Datei ist beschädigt: {damaged} von {asked} Stücken der Ebenen (je 256 × 256 Pixel) sind verloren und hier leer.</translation>
    </message>
    <message>
        <source>The file is in the colour mode {mode}, which cannot be opened.</source>
        <translation>Die Datei hat den Farbmodus {mode}, der nicht geöffnet werden kann.</translation>
    </message>
    <message>
        <source>The file stays as it is. Save what is left under another name, or use an older copy.</source>
        <translation>Die Datei bleibt, wie sie ist. Speichern Sie, was übrig ist, unter anderem Namen, oder nehmen Sie eine ältere Kopie.</translation>
    </message>
    <message>
        <source>The file was in the colour mode {mode}; it became RGB.</source>
        <translation>Die Datei hatte den Farbmodus {mode}; sie wurde RGB.</translation>
    </message>
    <message>
        <source>The fill opacity of {n} layer(s) was put into the opacity.</source>
        <translation>Die Flächendeckkraft von {n} Ebene(n) ging in die Deckkraft ein.</translation>
    </message>
    <message>
        <source>The fill opacity of {n} pass-through group(s) is kept, but cannot be changed here.</source>
        <translation>Die Flächendeckkraft von {n} Gruppe(n) im Modus „Hindurchwirken“ bleibt erhalten, kann hier aber nicht geändert werden.</translation>
    </message>
    <message>
        <source>The folder {folder} cannot be read: {reason}</source>
        <translation>Der Ordner {folder} kann nicht gelesen werden: {reason}</translation>
    </message>
    <message>
        <source>The graphics card has not enough free memory for this picture.</source>
        <translation>Die Grafikkarte hat für dieses Bild nicht genug freien Speicher.</translation>
    </message>
    <message>
        <source>The hub cannot give {name} now (its answer was {status}).</source>
        <translation>Der Hub kann {name} jetzt nicht liefern (seine Antwort war {status}).</translation>
    </message>
    <message>
        <source>The hub does not give {name} to the owner of this token.</source>
        <translation>Der Hub gibt {name} nicht an den Besitzer dieses Tokens.</translation>
    </message>
    <message>
        <source>The hub does not know this token.</source>
        <translation>Der Hub kennt dieses Token nicht.</translation>
    </message>
    <message>
        <source>The hub gives {name} only to those who have accepted its licence.</source>
        <translation>Der Hub gibt {name} nur an die, die der Lizenz zugestimmt haben.</translation>
    </message>
    <message>
        <source>The hub has no {name}, or no longer these files of it.</source>
        <translation>Der Hub hat kein {name} oder diese Dateien davon nicht mehr.</translation>
    </message>
    <message>
        <source>The last candidate cannot be removed.</source>
        <translation>Der letzte Kandidat kann nicht entfernt werden.</translation>
    </message>
    <message>
        <source>The layer is empty.</source>
        <translation>Die Ebene ist leer.</translation>
    </message>
    <message>
        <source>The layer is empty: there is nothing to transform.</source>
        <translation>Die Ebene ist leer: Es gibt nichts zu transformieren.</translation>
    </message>
    <message>
        <source>The layer it was for is gone, so it is one of its own.</source>
        <translation>Die Ebene, für die es bestimmt war, gibt es nicht mehr; es ist eine eigene.</translation>
    </message>
    <message>
        <source>The layers in “{name}” unpack to more than {most} megapixels.</source>
        <translation>Die Ebenen in „{name}“ werden entpackt größer als {most} Megapixel.</translation>
    </message>
    <message>
        <source>The layers that Photoshop put into the TIFF were not read, only its merged picture; a PSD keeps them.</source>
        <translation>Die Ebenen, die Photoshop in die TIFF gelegt hat, wurden nicht gelesen, nur ihr zusammengesetztes Bild; eine PSD bewahrt sie.</translation>
    </message>
    <message>
        <source>The mask of “{name}” is switched off. Switch it on to paint on it.</source>
        <translation>Die Maske von „{name}“ ist ausgeschaltet. Schalten Sie sie ein, um auf ihr zu malen.</translation>
    </message>
    <message>
        <source>The memory mode {name} does not work on {machine}.</source>
        <translation>Der Speichermodus {name} geht hier nicht ({machine}).</translation>
    </message>
    <message>
        <source>The memory mode {name} needs the package {package}, which is not installed.</source>
        <translation>Der Speichermodus {name} braucht das Paket {package}, das nicht installiert ist.</translation>
    </message>
    <message>
        <source>The model gave no numbers.</source>
        <translation>Das Modell lieferte keine Zahlen.</translation>
    </message>
    <message>
        <source>The model in {folder} is damaged and cannot be loaded: {reason}</source>
        <translation>Das Modell in {folder} ist beschädigt und lässt sich nicht laden: {reason}</translation>
    </message>
    <message>
        <source>The model in {folder} is not whole: {file} is missing.</source>
        <translation>Das Modell in {folder} ist nicht vollständig: {file} fehlt.</translation>
    </message>
    <message>
        <source>The model in {folder} is not whole: {file} was cut off.</source>
        <translation>Das Modell in {folder} ist nicht vollständig: {file} ist abgeschnitten.</translation>
    </message>
    <message>
        <source>The model made an empty layer.</source>
        <translation>Das Modell hat eine leere Ebene erzeugt.</translation>
    </message>
    <message>
        <source>The model moved the whole picture.</source>
        <translation>Das Modell hat das ganze Bild verschoben.</translation>
    </message>
    <message>
        <source>The model painted the ground anew, and not only a thing on it.</source>
        <translation>Das Modell hat den Untergrund neu gemalt und nicht nur ein Ding darauf.</translation>
    </message>
    <message>
        <source>The model put nothing there.</source>
        <translation>Das Modell hat dort nichts hingesetzt.</translation>
    </message>
    <message>
        <source>The model&apos;s picture library {folder} is damaged.</source>
        <translation>Die Bildersammlung des Modells {folder} ist beschädigt.</translation>
    </message>
    <message>
        <source>The model&apos;s picture library {folder} is missing.</source>
        <translation>Die Bildersammlung des Modells {folder} fehlt.</translation>
    </message>
    <message>
        <source>The model&apos;s picture of “{name}” cannot be read.</source>
        <translation>Das Bild des Modells von „{name}“ kann nicht gelesen werden.</translation>
    </message>
    <message>
        <source>The modes are {names}.</source>
        <translation>Die Modi sind {names}.</translation>
    </message>
    <message>
        <source>The nearest things it knows: {things}.</source>
        <translation>Am nächsten kommen: {things}.</translation>
    </message>
    <message>
        <source>The others: {names}.</source>
        <translation>Die übrigen: {names}.</translation>
    </message>
    <message>
        <source>The picture had floating-point values; 0 to 1 became 8 bits a channel.</source>
        <translation>Das Bild hatte Gleitkommawerte; 0 bis 1 wurde zu 8 Bit je Kanal.</translation>
    </message>
    <message>
        <source>The picture had more than 8 bits a channel; they were reduced to 8.</source>
        <translation>Das Bild hatte mehr als 8 Bit je Kanal; sie wurden auf 8 verringert.</translation>
    </message>
    <message>
        <source>The picture held linear light; it became sRGB of 8 bits a channel.</source>
        <translation>Das Bild enthielt lineares Licht; es wurde sRGB mit 8 Bit je Kanal.</translation>
    </message>
    <message>
        <source>The picture is composed with 8 bits a channel; what the file holds beyond them repeats them.</source>
        <translation>Das Bild wird mit 8 Bit je Kanal zusammengesetzt; was die Datei darüber hinaus fasst, wiederholt sie.</translation>
    </message>
    <message>
        <source>The picture was CMYK; it names no profile, so its colours are a guess.</source>
        <translation>Das Bild war CMYK; es nennt kein Profil, die Farben sind daher geschätzt.</translation>
    </message>
    <message>
        <source>The picture was CMYK; its colours were converted to sRGB.</source>
        <translation>Das Bild war CMYK; seine Farben wurden in sRGB umgewandelt.</translation>
    </message>
    <message>
        <source>The picture with the thing and the one without it differ in size.</source>
        <translation>Das Bild mit dem Ding und das ohne sind verschieden groß.</translation>
    </message>
    <message>
        <source>The pixels of “{name}” are locked.</source>
        <translation>Die Pixel von „{name}“ sind gesperrt.</translation>
    </message>
    <message>
        <source>The position of “{name}” is locked.</source>
        <translation>Die Position von „{name}“ ist gesperrt.</translation>
    </message>
    <message>
        <source>The position of “{name}” is locked. Unlock it to move it.</source>
        <translation>Die Position von „{name}“ ist gesperrt. Zum Bewegen muss sie entsperrt werden.</translation>
    </message>
    <message>
        <source>The presets are damaged and cannot be read; you begin with none.</source>
        <translation>Die Vorgaben sind beschädigt und nicht lesbar; es geht ohne Vorgaben los.</translation>
    </message>
    <message>
        <source>The presets cannot be read: {reason}</source>
        <translation>Die Vorgaben können nicht gelesen werden: {reason}</translation>
    </message>
    <message>
        <source>The presets cannot be saved: {reason}</source>
        <translation>Die Vorgaben können nicht gespeichert werden: {reason}</translation>
    </message>
    <message>
        <source>The prompt is empty.</source>
        <translation>Der Prompt ist leer.</translation>
    </message>
    <message>
        <source>The reference of this layer is damaged.</source>
        <translation>Die Vorlage dieser Ebene ist beschädigt.</translation>
    </message>
    <message>
        <source>The reference picture is empty: every pixel of it is transparent.</source>
        <translation>Das Referenzbild ist leer: Jedes Pixel ist durchsichtig.</translation>
    </message>
    <message>
        <source>The release&apos;s file has no place for a merge with a hidden layer.</source>
        <translation>In der Datei der Veröffentlichung ist kein Platz für eine Zusammenführung mit verdeckter Schicht.</translation>
    </message>
    <message>
        <source>The strength of an extraction lies between 0 and 1; {strength:g} was asked for.</source>
        <translation>Die Stärke einer Extraktion liegt zwischen 0 und 1; verlangt wurde {strength:g}.</translation>
    </message>
    <message>
        <source>The transparency of “{name}” is locked.</source>
        <translation>Die Transparenz von „{name}“ ist gesperrt.</translation>
    </message>
    <message>
        <source>The {count} pages became layers, the first at the bottom.</source>
        <translation>Die {count} Seiten wurden Ebenen, die erste zuunterst.</translation>
    </message>
    <message>
        <source>The {count} pages became layers, the first on top.</source>
        <translation>Die {count} Seiten wurden Ebenen, die erste zuoberst.</translation>
    </message>
    <message>
        <source>There are too many folders called “{name}”.</source>
        <translation>Es gibt zu viele Ordner mit dem Namen „{name}“.</translation>
    </message>
    <message>
        <source>There is no FLUX.2 klein in {folder}.</source>
        <translation>In {folder} liegt kein FLUX.2 klein.</translation>
    </message>
    <message>
        <source>There is no background below “{name}”.</source>
        <translation>Unter „{name}“ liegt kein Hintergrund.</translation>
    </message>
    <message>
        <source>There is no blend mode “{mode}”.</source>
        <translation>Es gibt keine Füllmethode „{mode}“.</translation>
    </message>
    <message>
        <source>There is no file {path}.</source>
        <translation>Die Datei {path} gibt es nicht.</translation>
    </message>
    <message>
        <source>There is no folder {folder}.</source>
        <translation>Den Ordner {folder} gibt es nicht.</translation>
    </message>
    <message>
        <source>There is no layer to export.</source>
        <translation>Es gibt keine Ebene zu exportieren.</translation>
    </message>
    <message>
        <source>There is no memory mode “{name}”.</source>
        <translation>Den Speichermodus „{name}“ gibt es nicht.</translation>
    </message>
    <message>
        <source>There is no model in {folder}.</source>
        <translation>In {folder} ist kein Modell.</translation>
    </message>
    <message>
        <source>There is no such light.</source>
        <translation>Ein solches Licht gibt es nicht.</translation>
    </message>
    <message>
        <source>There is no visible layer to make a page of.</source>
        <translation>Es gibt keine sichtbare Ebene, die eine Seite werden könnte.</translation>
    </message>
    <message>
        <source>There is not enough room on the disk with {folder}: {left} GB are to come, {free} GB are free.</source>
        <translation>Auf der Platte mit {folder} ist nicht genug Platz: {left} GB fehlen noch, {free} GB sind frei.</translation>
    </message>
    <message>
        <source>There is nothing below “{name}” to clip it to.</source>
        <translation>Unter „{name}“ ist nichts, worauf sie beschnitten werden könnte.</translation>
    </message>
    <message>
        <source>There is nothing below “{name}” to merge it with.</source>
        <translation>Unter „{name}“ ist nichts, womit sie vereint werden könnte.</translation>
    </message>
    <message>
        <source>There is nothing here that takes pictures apart.</source>
        <translation>Es gibt hier nichts, das Bilder zerlegt.</translation>
    </message>
    <message>
        <source>There is nothing in the box to be settled there.</source>
        <translation>Im Rahmen ist nichts, das dort neu eingefügt werden könnte.</translation>
    </message>
    <message>
        <source>There is nothing to align.</source>
        <translation>Es gibt nichts auszurichten.</translation>
    </message>
    <message>
        <source>There is nothing to be seen in this reference.</source>
        <translation>Auf dieser Vorlage ist nichts zu sehen.</translation>
    </message>
    <message>
        <source>There is nothing to take away there: the ground looks as it did.</source>
        <translation>Dort gibt es nichts wegzunehmen: Der Grund sieht aus wie zuvor.</translation>
    </message>
    <message>
        <source>There is nothing to transform.</source>
        <translation>Es gibt nichts zu transformieren.</translation>
    </message>
    <message>
        <source>There was not enough memory to make the layer.</source>
        <translation>Der Speicher reichte nicht, um die Ebene zu erzeugen.</translation>
    </message>
    <message>
        <source>This document cannot be saved: one part of it takes {size} MB, and a project holds {most}.</source>
        <translation>Dieses Dokument kann nicht gespeichert werden: Ein Teil davon braucht {size} MB, und ein Projekt fasst {most}.</translation>
    </message>
    <message>
        <source>This document cannot be saved: {reason}.</source>
        <translation>Dieses Dokument kann nicht gespeichert werden: {reason}.</translation>
    </message>
    <message>
        <source>This model cannot light a thing anew.</source>
        <translation>Dieses Modell kann ein Ding nicht neu beleuchten.</translation>
    </message>
    <message>
        <source>This model cannot make “{prompt}”.</source>
        <translation>Dieses Modell kann „{prompt}“ nicht erzeugen.</translation>
    </message>
    <message>
        <source>This model needs {need:.1f} GB for a picture of this size even with {mode}, and {host:.1f} GB of main memory; {machine} has {free:.1f} GB free, main memory {spare:.1f} GB.</source>
        <translation>Für ein Bild dieser Größe braucht das Modell selbst so ({mode}) {need:.1f} GB und {host:.1f} GB Hauptspeicher; frei sind {free:.1f} GB ({machine}) und {spare:.1f} GB Hauptspeicher.</translation>
    </message>
    <message>
        <source>This model needs {need:.1f} GB for a picture of this size even with {mode}; {machine} has {free:.1f} GB free.</source>
        <translation>Für ein Bild dieser Größe braucht das Modell selbst so ({mode}) {need:.1f} GB; frei sind {free:.1f} GB ({machine}).</translation>
    </message>
    <message>
        <source>This model takes no light.</source>
        <translation>Dieses Modell nimmt kein Licht an.</translation>
    </message>
    <message>
        <source>This model takes references only together with FLUX.1 Redux.</source>
        <translation>Dieses Modell nimmt Referenzbilder nur zusammen mit FLUX.1 Redux.</translation>
    </message>
    <message>
        <source>This token cannot be used.</source>
        <translation>Dieses Token ist nicht verwendbar.</translation>
    </message>
    <message>
        <source>Those in front of it hide all of it.</source>
        <translation>Was davor steht, verdeckt es ganz.</translation>
    </message>
    <message>
        <source>Train with merge “stream” or “joint”.</source>
        <translation>Trainieren Sie mit der Zusammenführung „stream“ oder „joint“.</translation>
    </message>
    <message>
        <source>Transform</source>
        <translation>Transformieren</translation>
    </message>
    <message>
        <source>Try again later.</source>
        <translation>Versuchen Sie es später noch einmal.</translation>
    </message>
    <message>
        <source>Try again later; all other files stay.</source>
        <translation>Versuchen Sie es später noch einmal; alle anderen Dateien bleiben.</translation>
    </message>
    <message>
        <source>Try again; if it stays so, the model is damaged.</source>
        <translation>Versuchen Sie es noch einmal; bleibt es so, ist das Modell beschädigt.</translation>
    </message>
    <message>
        <source>Try another seed or a larger box.</source>
        <translation>Versuchen Sie einen anderen Startwert oder einen größeren Rahmen.</translation>
    </message>
    <message>
        <source>Try another seed.</source>
        <translation>Versuchen Sie einen anderen Seed.</translation>
    </message>
    <message>
        <source>Try it in the program that made it, or use an older copy.</source>
        <translation>Versuchen Sie es mit dem Programm, aus dem sie stammt, oder nehmen Sie eine ältere Kopie.</translation>
    </message>
    <message>
        <source>Try it in the program that made it.</source>
        <translation>Versuchen Sie es mit dem Programm, aus dem sie stammt.</translation>
    </message>
    <message>
        <source>Type what should stand in the box.</source>
        <translation>Schreiben Sie, was im Rahmen stehen soll.</translation>
    </message>
    <message>
        <source>Undo the last step, and save again.</source>
        <translation>Nehmen Sie den letzten Schritt zurück und speichern Sie noch einmal.</translation>
    </message>
    <message>
        <source>Unlock it first.</source>
        <translation>Entsperren Sie sie zuerst.</translation>
    </message>
    <message>
        <source>Unsaved work cannot be kept safe at the moment: {reason}.</source>
        <translation>Ungespeicherte Arbeit kann im Augenblick nicht gesichert werden: {reason}.</translation>
    </message>
    <message>
        <source>Update Downstage to open it.</source>
        <translation>Aktualisieren Sie Downstage, um sie zu öffnen.</translation>
    </message>
    <message>
        <source>Use an older copy.</source>
        <translation>Nehmen Sie eine ältere Kopie.</translation>
    </message>
    <message>
        <source>Values above 1 were cut off.</source>
        <translation>Werte über 1 wurden abgeschnitten.</translation>
    </message>
    <message>
        <source>Wait until it is done.</source>
        <translation>Warten Sie, bis er fertig ist.</translation>
    </message>
    <message>
        <source>What is to be extracted is too large.</source>
        <translation>Was herausgelöst werden soll, ist zu groß.</translation>
    </message>
    <message>
        <source>What lies behind it has been changed meanwhile; “Regenerate” fits it to that.</source>
        <translation>Was dahinter liegt, wurde inzwischen geändert; „Mit neuem Startwert noch einmal generieren“ passt es dem an.</translation>
    </message>
    <message>
        <source>What {hub} says of {name} cannot be understood.</source>
        <translation>Was {hub} über {name} sagt, ist nicht zu verstehen.</translation>
    </message>
    <message>
        <source>Where {name} lies on the hub is not known here.</source>
        <translation>Wo {name} auf dem Hub liegt, ist hier nicht bekannt.</translation>
    </message>
    <message>
        <source>Which layers the engine does not look at stays in the project file only.</source>
        <translation>Welche Ebenen das Modell nicht sieht, bleibt nur in der Projektdatei.</translation>
    </message>
    <message>
        <source>With {package} installed it would fit ({mode}).</source>
        <translation>Mit dem Paket {package} würde es passen ({mode}).</translation>
    </message>
    <message>
        <source>Write OWNER/NAME.</source>
        <translation>Schreiben Sie BESITZER/NAME.</translation>
    </message>
    <message>
        <source>Write what to insert, for example “apple”.</source>
        <translation>Schreiben Sie, was eingefügt werden soll, zum Beispiel „apple“.</translation>
    </message>
    <message>
        <source>You may not read “{path}”.</source>
        <translation>Sie dürfen „{path}“ nicht lesen.</translation>
    </message>
    <message>
        <source>a name without an ending</source>
        <translation>einem Namen ohne Endung</translation>
    </message>
    <message>
        <source>all weights in bfloat16</source>
        <translation>alle Gewichte in bfloat16</translation>
    </message>
    <message>
        <source>it has more than {most} layers and groups.</source>
        <translation>Es hat mehr als {most} Ebenen und Gruppen.</translation>
    </message>
    <message>
        <source>it is write-protected.</source>
        <translation>sie ist schreibgeschützt.</translation>
    </message>
    <message>
        <source>its layers have more than a thousand million pixels together.</source>
        <translation>Seine Ebenen haben zusammen mehr als tausend Millionen Pixel.</translation>
    </message>
    <message>
        <source>the authors of BFS state none for their weights</source>
        <translation>die Autoren von BFS nennen keine für ihre Gewichte</translation>
    </message>
    <message>
        <source>the database says: {words}.</source>
        <translation>die Datenbank sagt: {words}.</translation>
    </message>
    <message>
        <source>the disk is full or cannot be written to.</source>
        <translation>der Datenträger ist voll oder nicht beschreibbar.</translation>
    </message>
    <message>
        <source>the disk is full.</source>
        <translation>der Datenträger ist voll.</translation>
    </message>
    <message>
        <source>the disk is read-only.</source>
        <translation>der Datenträger ist schreibgeschützt.</translation>
    </message>
    <message>
        <source>the disk of “{folder}” is full or cannot be written to</source>
        <translation>der Datenträger von „{folder}“ ist voll oder nicht beschreibbar</translation>
    </message>
    <message>
        <source>the disk takes no file this large.</source>
        <translation>der Datenträger nimmt keine so große Datei auf.</translation>
    </message>
    <message>
        <source>the ending “{suffix}”</source>
        <translation>der Endung „{suffix}“</translation>
    </message>
    <message>
        <source>the folder does not exist.</source>
        <translation>den Ordner gibt es nicht.</translation>
    </message>
    <message>
        <source>the graphics processor</source>
        <translation>Grafikprozessor</translation>
    </message>
    <message>
        <source>the name is too long.</source>
        <translation>der Name ist zu lang.</translation>
    </message>
    <message>
        <source>the processor</source>
        <translation>Prozessor</translation>
    </message>
    <message>
        <source>the system says: {words}.</source>
        <translation>das System sagt: {words}.</translation>
    </message>
    <message>
        <source>there is a folder of that name.</source>
        <translation>es gibt einen Ordner dieses Namens.</translation>
    </message>
    <message>
        <source>there is not enough memory</source>
        <translation>der Arbeitsspeicher reicht nicht</translation>
    </message>
    <message>
        <source>weights in 4 bits</source>
        <translation>Gewichte mit 4 Bit</translation>
    </message>
    <message>
        <source>weights in 8 bits</source>
        <translation>Gewichte mit 8 Bit</translation>
    </message>
    <message>
        <source>weights in 8-bit floating point</source>
        <translation>Gewichte als 8-Bit-Gleitkommazahlen</translation>
    </message>
    <message>
        <source>weights in main memory, brought in block by block</source>
        <translation>Gewichte im Hauptspeicher, Block für Block geholt</translation>
    </message>
    <message>
        <source>weights in main memory, brought in layer by layer</source>
        <translation>Gewichte im Hauptspeicher, Schicht für Schicht geholt</translation>
    </message>
    <message>
        <source>your own training</source>
        <translation>Ihr eigenes Training</translation>
    </message>
    <message>
        <source>your quota on this disk is used up.</source>
        <translation>Ihr Kontingent auf diesem Datenträger ist verbraucht.</translation>
    </message>
    <message>
        <source>{before}; {part}</source>
        <translation>{before}; {part}</translation>
    </message>
    <message>
        <source>{count} misshapen ({keys})</source>
        <translation>{count} von anderer Form ({keys})</translation>
    </message>
    <message>
        <source>{count} missing ({keys})</source>
        <translation>{count} fehlen ({keys})</translation>
    </message>
    <message>
        <source>{count} of {total} files could not be opened.</source>
        <translation>{count} von {total} Dateien konnten nicht geöffnet werden.</translation>
    </message>
    <message>
        <source>{count} unexpected ({keys})</source>
        <translation>{count} unerwartet ({keys})</translation>
    </message>
    <message>
        <source>{file} is damaged: twice it came with other content than {hub} says it has.</source>
        <translation>{file} ist beschädigt: zweimal kam anderer Inhalt, als {hub} angibt.</translation>
    </message>
    <message>
        <source>{hub} cannot be reached ({reason}).</source>
        <translation>{hub} ist nicht zu erreichen ({reason}).</translation>
    </message>
    <message>
        <source>{label} (the layer below it is gone)</source>
        <translation>{label} (die Ebene darunter ist weg)</translation>
    </message>
    <message>
        <source>{label} (the layer it was for is gone)</source>
        <translation>{label} (die Ebene, für die es war, ist weg)</translation>
    </message>
    <message>
        <source>{names} and {count} more</source>
        <translation>{names} und {count} weitere</translation>
    </message>
    <message>
        <source>{name} compresses with a small loss of detail.</source>
        <translation>{name} komprimiert mit kleinem Verlust an Einzelheiten.</translation>
    </message>
    <message>
        <source>{name} is one part of a FLUX model.</source>
        <translation>{name} ist ein Teil eines FLUX-Modells.</translation>
    </message>
    <message>
        <source>{n} adjustment layer(s) became pixels; they no longer follow what lies below them.</source>
        <translation>{n} Einstellungsebene(n) wurden Pixel; sie folgen nicht mehr dem, was darunter liegt.</translation>
    </message>
    <message>
        <source>{n} erasing layer(s) became masks of groups around what they erase.</source>
        <translation>{n} radierende Ebene(n) wurden zu Masken von Gruppen um das, was sie wegnehmen.</translation>
    </message>
    <message>
        <source>{n} fill or shape layer(s) became pixels.</source>
        <translation>{n} Füll- oder Formebene(n) wurden Pixel.</translation>
    </message>
    <message>
        <source>{n} kind(s) of blend modes that are unknown here came in as normal.</source>
        <translation>{n} hier unbekannte Art(en) von Mischmodi kamen als „Normal“ herein.</translation>
    </message>
    <message>
        <source>{n} layer(s) or group(s) with a blend mode unknown here came in as normal.</source>
        <translation>{n} Ebene(n) oder Gruppe(n) mit einer hier unbekannten Füllmethode kamen als „Normal“ herein.</translation>
    </message>
    <message>
        <source>{n} layer(s) without pixels in the file came in empty.</source>
        <translation>{n} Ebene(n) ohne Pixel in der Datei kamen leer herein.</translation>
    </message>
    <message>
        <source>{n} opacities that are no number from 0 to 1 were taken as full.</source>
        <translation>{n} Deckkraftwerte, die keine Zahl von 0 bis 1 sind, gelten als voll.</translation>
    </message>
    <message>
        <source>{n} other channel(s) in the file were left out.</source>
        <translation>{n} weitere Kanäle der Datei wurden weggelassen.</translation>
    </message>
    <message>
        <source>{n} part(s) of the file that are not pictures were left out.</source>
        <translation>{n} Teil(e) der Datei, die keine Bilder sind, wurden weggelassen.</translation>
    </message>
    <message>
        <source>{n} shape layer(s) became pixels.</source>
        <translation>{n} Formebene(n) wurden Pixel.</translation>
    </message>
    <message>
        <source>{n} smart object(s) became pixels.</source>
        <translation>{n} Smartobjekt(e) wurden Pixel.</translation>
    </message>
    <message>
        <source>{n} text layer(s) became pixels.</source>
        <translation>{n} Textebene(n) wurden Pixel.</translation>
    </message>
    <message>
        <source>{n} vector mask(s) became pixel masks.</source>
        <translation>{n} Vektormaske(n) wurden Pixelmasken.</translation>
    </message>
    <message>
        <source>{path} cannot be read as released weights: it is damaged, or another kind of file.</source>
        <translation>{path} lässt sich nicht als veröffentlichte Gewichte lesen: beschädigt oder eine andere Art von Datei.</translation>
    </message>
    <message>
        <source>{path} cannot be written: {reason}.</source>
        <translation>{path} lässt sich nicht schreiben: {reason}.</translation>
    </message>
    <message>
        <source>{path} does not fit this transformer: of its keys there are {faults}.</source>
        <translation>{path} passt nicht zu diesem Transformer: von den Schlüsseln sind {faults}.</translation>
    </message>
    <message>
        <source>{path} does not hold a table of tensors, as the released weights do.</source>
        <translation>{path} enthält keine Tabelle von Tensoren wie die veröffentlichten Gewichte.</translation>
    </message>
    <message>
        <source>{path} holds no information sharing of BFS (no attn1n and conv1n tensors).</source>
        <translation>{path} enthält keinen Informationsaustausch von BFS (keine Tensoren attn1n und conv1n).</translation>
    </message>
    <message>
        <source>{path} holds numbers that are not finite, in {keys}.</source>
        <translation>{path} enthält Zahlen, die nicht endlich sind, in {keys}.</translation>
    </message>
    <message>
        <source>{path} was made for another transformer: its merge is {size}, and this one is {width} wide.</source>
        <translation>{path} gehört zu einem anderen Transformer: die Zusammenführung dort ist {size}, dieser ist {width} breit.</translation>
    </message>
    <message>
        <source>{repository} holds no {file}, so it is not {name}.</source>
        <translation>In {repository} ist kein {file}, also ist es nicht {name}.</translation>
    </message>
    <message>
        <source>“{name}” cannot be opened: {reason}</source>
        <translation>„{name}“ kann nicht geöffnet werden: {reason}</translation>
    </message>
    <message>
        <source>“{name}” could not be saved: there is not enough memory.</source>
        <translation>„{name}“ konnte nicht gespeichert werden: der Arbeitsspeicher reicht nicht.</translation>
    </message>
    <message>
        <source>“{name}” could not be saved: {reason}</source>
        <translation>„{name}“ konnte nicht gespeichert werden: {reason}</translation>
    </message>
    <message>
        <source>“{name}” has a mask already.</source>
        <translation>„{name}“ hat schon eine Maske.</translation>
    </message>
    <message>
        <source>“{name}” has been put into “{group}”, and the new layer with it.</source>
        <translation>„{name}“ ist jetzt in „{group}“, und die neue Ebene auch.</translation>
    </message>
    <message>
        <source>“{name}” has been taken out of “{group}”, and the new layer with it.</source>
        <translation>„{name}“ ist nicht mehr in „{group}“, und die neue Ebene auch nicht.</translation>
    </message>
    <message>
        <source>“{name}” has neither shadow nor reflection.</source>
        <translation>„{name}“ hat weder Schatten noch Spiegelung.</translation>
    </message>
    <message>
        <source>“{name}” has no mask.</source>
        <translation>„{name}“ hat keine Maske.</translation>
    </message>
    <message>
        <source>“{name}” has no mask: nothing of it is hidden. The eraser (E) hides parts.</source>
        <translation>„{name}“ hat keine Maske: Nichts davon ist verborgen. Der Radierer (E) verbirgt Teile.</translation>
    </message>
    <message>
        <source>“{name}” has the blend mode {mode}.</source>
        <translation>„{name}“ hat die Füllmethode {mode}.</translation>
    </message>
    <message>
        <source>“{name}” holds a part that unpacks to {size:,.0f} MB and was not opened.</source>
        <translation>„{name}“ enthält einen Teil, der entpackt {size:.0f} MB hat, und wurde nicht geöffnet.</translation>
    </message>
    <message>
        <source>“{name}” holds colours of lower resolution, which Downstage cannot open.</source>
        <translation>„{name}“ enthält Farben geringerer Auflösung, die Downstage nicht öffnen kann.</translation>
    </message>
    <message>
        <source>“{name}” holds no colours that Downstage knows.</source>
        <translation>„{name}“ enthält keine Farben, die Downstage kennt.</translation>
    </message>
    <message>
        <source>“{name}” holds {kind} colours with more than 8 bits, which Downstage cannot open.</source>
        <translation>„{name}“ enthält Farben der Art {kind} mit mehr als 8 Bit, die Downstage nicht öffnen kann.</translation>
    </message>
    <message>
        <source>“{name}” is a deep picture, which Downstage cannot open.</source>
        <translation>„{name}“ ist ein Bild mit Tiefe (Deep), das Downstage nicht öffnen kann.</translation>
    </message>
    <message>
        <source>“{name}” is a group; this needs a layer.</source>
        <translation>„{name}“ ist eine Gruppe; hier wird eine Ebene gebraucht.</translation>
    </message>
    <message>
        <source>“{name}” is being read or saved by another window or program.</source>
        <translation>„{name}“ wird gerade von einem anderen Fenster oder Programm gelesen oder gespeichert.</translation>
    </message>
    <message>
        <source>“{name}” is being saved by another window or program.</source>
        <translation>„{name}“ wird gerade von einem anderen Fenster oder Programm gespeichert.</translation>
    </message>
    <message>
        <source>“{name}” is damaged and cannot be opened.</source>
        <translation>„{name}“ ist beschädigt und kann nicht geöffnet werden.</translation>
    </message>
    <message>
        <source>“{name}” is damaged or of a kind that Downstage cannot open.</source>
        <translation>„{name}“ ist beschädigt oder von einer Art, die Downstage nicht öffnen kann.</translation>
    </message>
    <message>
        <source>“{name}” is empty.</source>
        <translation>„{name}“ ist leer.</translation>
    </message>
    <message>
        <source>“{name}” is hidden. Show it to move it.</source>
        <translation>„{name}“ ist ausgeblendet. Blenden Sie sie ein, um sie zu verschieben.</translation>
    </message>
    <message>
        <source>“{name}” is hidden. Show it to paint on its mask.</source>
        <translation>„{name}“ ist ausgeblendet. Blenden Sie sie ein, um auf ihrer Maske zu malen.</translation>
    </message>
    <message>
        <source>“{name}” is locked.</source>
        <translation>„{name}“ ist gesperrt.</translation>
    </message>
    <message>
        <source>“{name}” is locked. Unlock it to move it.</source>
        <translation>„{name}“ ist gesperrt. Entsperren Sie sie, um sie zu verschieben.</translation>
    </message>
    <message>
        <source>“{name}” is locked. Unlock it to paint on its mask.</source>
        <translation>„{name}“ ist gesperrt. Entsperren Sie sie, um auf ihrer Maske zu malen.</translation>
    </message>
    <message>
        <source>“{name}” is not a Downstage project.</source>
        <translation>„{name}“ ist kein Downstage-Projekt.</translation>
    </message>
    <message>
        <source>“{name}” is not a Photoshop file, or it is damaged.</source>
        <translation>„{name}“ ist keine Photoshop-Datei, oder sie ist beschädigt.</translation>
    </message>
    <message>
        <source>“{name}” is not a group.</source>
        <translation>„{name}“ ist keine Gruppe.</translation>
    </message>
    <message>
        <source>“{name}” is not a picture that Downstage can open.</source>
        <translation>„{name}“ ist kein Bild, das Downstage öffnen kann.</translation>
    </message>
    <message>
        <source>“{name}” is not the name of a repository.</source>
        <translation>„{name}“ ist kein Name eines Repositorys.</translation>
    </message>
    <message>
        <source>“{name}” is scaled to nothing.</source>
        <translation>„{name}“ ist auf nichts skaliert.</translation>
    </message>
    <message>
        <source>“{name}” is {width:,} × {height:,} pixels; Downstage opens pictures of up to {most:,} megapixels and {longest:,} pixels a side.</source>
        <translation>„{name}“ hat {width} × {height} Pixel; Downstage öffnet Bilder bis zu {most} Megapixeln und {longest} Pixeln je Seite.</translation>
    </message>
    <message>
        <source>“{name}” lies outside the canvas; there is no light that it could stand in.</source>
        <translation>„{name}“ liegt außerhalb der Arbeitsfläche; dort ist kein Licht, in dem es stehen könnte.</translation>
    </message>
    <message>
        <source>“{name}” looks the same as what lies below it.</source>
        <translation>„{name}“ sieht aus wie das, was darunter liegt.</translation>
    </message>
    <message>
        <source>“{name}” names a file outside itself and was not opened.</source>
        <translation>„{name}“ verweist auf eine Datei außerhalb und wurde nicht geöffnet.</translation>
    </message>
    <message>
        <source>“{name}” needs more memory than there is.</source>
        <translation>„{name}“ braucht mehr Arbeitsspeicher, als da ist.</translation>
    </message>
    <message>
        <source>“{name}” was changed by another window or program after you opened it.</source>
        <translation>„{name}“ wurde von einem anderen Fenster oder Programm geändert, nachdem Sie die Datei geöffnet haben.</translation>
    </message>
    <message>
        <source>“{name}” was saved by a newer Downstage (file version {version}; this one reads up to {newest}).</source>
        <translation>„{name}“ wurde von einem neueren Downstage gespeichert (Dateiversion {version}; dieses liest bis {newest}).</translation>
    </message>
    <message>
        <source>“{name}” was taken out of a picture; there is nothing to make anew.</source>
        <translation>„{name}“ wurde aus einem Bild herausgelöst; es gibt nichts neu zu machen.</translation>
    </message>
    <message>
        <source>“{name}”, which it was to lie on, is gone.</source>
        <translation>„{name}“, worauf es liegen sollte, gibt es nicht mehr.</translation>
    </message>
    <message>
        <source>“{name}”, which it was to lie on, is gone; it lies on “{other}” instead.</source>
        <translation>„{name}“, worauf es liegen sollte, gibt es nicht mehr; es liegt nun auf „{other}“.</translation>
    </message>
    <message>
        <source>“{path}” does not exist.</source>
        <translation>„{path}“ gibt es nicht.</translation>
    </message>
    <message>
        <source>“{path}” is a folder, not a picture.</source>
        <translation>„{path}“ ist ein Ordner, kein Bild.</translation>
    </message>
</context>
<context>
    <name>blend</name>
    <message>
        <source>Color</source>
        <translation>Farbe</translation>
    </message>
    <message>
        <source>Color Burn</source>
        <translation>Farbig nachbelichten</translation>
    </message>
    <message>
        <source>Color Dodge</source>
        <translation>Farbig abwedeln</translation>
    </message>
    <message>
        <source>Darken</source>
        <translation>Abdunkeln</translation>
    </message>
    <message>
        <source>Darker Color</source>
        <translation>Dunklere Farbe</translation>
    </message>
    <message>
        <source>Difference</source>
        <translation>Differenz</translation>
    </message>
    <message>
        <source>Dissolve</source>
        <translation>Sprenkeln</translation>
    </message>
    <message>
        <source>Divide</source>
        <translation>Dividieren</translation>
    </message>
    <message>
        <source>Exclusion</source>
        <translation>Ausschluss</translation>
    </message>
    <message>
        <source>Hard Light</source>
        <translation>Hartes Licht</translation>
    </message>
    <message>
        <source>Hard Mix</source>
        <translation>Hart mischen</translation>
    </message>
    <message>
        <source>Hue</source>
        <translation>Farbton</translation>
    </message>
    <message>
        <source>Lighten</source>
        <translation>Aufhellen</translation>
    </message>
    <message>
        <source>Lighter Color</source>
        <translation>Hellere Farbe</translation>
    </message>
    <message>
        <source>Linear Burn</source>
        <translation>Linear nachbelichten</translation>
    </message>
    <message>
        <source>Linear Dodge (Add)</source>
        <translation>Linear abwedeln (Addieren)</translation>
    </message>
    <message>
        <source>Linear Light</source>
        <translation>Lineares Licht</translation>
    </message>
    <message>
        <source>Luminosity</source>
        <translation>Luminanz</translation>
    </message>
    <message>
        <source>Multiply</source>
        <translation>Multiplizieren</translation>
    </message>
    <message>
        <source>Normal</source>
        <translation>Normal</translation>
    </message>
    <message>
        <source>Overlay</source>
        <translation>Ineinanderkopieren</translation>
    </message>
    <message>
        <source>Pass Through</source>
        <translation>Hindurchwirken</translation>
    </message>
    <message>
        <source>Pin Light</source>
        <translation>Lichtpunkt</translation>
    </message>
    <message>
        <source>Saturation</source>
        <translation>Sättigung</translation>
    </message>
    <message>
        <source>Screen</source>
        <translation>Negativ multiplizieren</translation>
    </message>
    <message>
        <source>Soft Light</source>
        <translation>Weiches Licht</translation>
    </message>
    <message>
        <source>Subtract</source>
        <translation>Subtrahieren</translation>
    </message>
    <message>
        <source>Vivid Light</source>
        <translation>Strahlendes Licht</translation>
    </message>
</context>
<context>
    <name>keys</name>
    <message>
        <source>GIMP</source>
        <translation>GIMP</translation>
    </message>
    <message>
        <source>Krita</source>
        <translation>Krita</translation>
    </message>
    <message>
        <source>Photoshop</source>
        <translation>Photoshop</translation>
    </message>
</context>
<context>
    <name>menus</name>
    <message>
        <source>As the System</source>
        <translation>Wie das System</translation>
    </message>
    <message>
        <source>Dark</source>
        <translation>Dunkel</translation>
    </message>
    <message>
        <source>Keys as In</source>
        <translation>Tasten wie in</translation>
    </message>
    <message>
        <source>Language</source>
        <translation>Sprache</translation>
    </message>
    <message>
        <source>Light</source>
        <translation>Hell</translation>
    </message>
    <message>
        <source>Theme</source>
        <translation>Farbschema</translation>
    </message>
</context>
<context>
    <name>presets</name>
    <message>
        <source>4K</source>
        <translation>4K</translation>
    </message>
    <message>
        <source>A3, 300 dpi</source>
        <translation>A3, 300 dpi</translation>
    </message>
    <message>
        <source>A4, 300 dpi</source>
        <translation>A4, 300 dpi</translation>
    </message>
    <message>
        <source>A5, 300 dpi</source>
        <translation>A5, 300 dpi</translation>
    </message>
    <message>
        <source>Clipboard</source>
        <translation>Zwischenablage</translation>
    </message>
    <message>
        <source>Full HD</source>
        <translation>Full HD</translation>
    </message>
    <message>
        <source>Photo 15 × 10 cm, 300 dpi</source>
        <translation>Foto 15 × 10 cm, 300 dpi</translation>
    </message>
    <message>
        <source>Portrait 4 : 5</source>
        <translation>Hochformat 4 : 5</translation>
    </message>
    <message>
        <source>Square</source>
        <translation>Quadrat</translation>
    </message>
    <message>
        <source>Story 9 : 16</source>
        <translation>Story 9 : 16</translation>
    </message>
    <message>
        <source>US Letter, 300 dpi</source>
        <translation>US Letter, 300 dpi</translation>
    </message>
</context>
</TS>
