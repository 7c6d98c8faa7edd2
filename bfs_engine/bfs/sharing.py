"""Information sharing between the two branches (BFS, equations 2–5), as attention processors of diffusers' FLUX transformer.

The branches live in the batch: the first half of every batch is composites, the second half foregrounds, item i belongs to
item i + n. Each block's own self-attention runs as always; beside it, each branch asks the other: queries of one stream meet
keys and values of the other. Base projections are the block's own and are computed once for both uses; only the low-rank
updates and the merge are new. A LoRA belongs to a stream, not to a direction: all projections of composite tokens carry the
composite's LoRA, also the keys and values that the foreground reads.
"""

from __future__ import annotations

import math

import numpy as np
import torch
from diffusers import FluxTransformer2DModel, ModelMixin  # noqa: F401  (from_pretrained looks ModelMixin up in this module)
from diffusers.configuration_utils import register_to_config
from diffusers.models.attention_dispatch import dispatch_attention_fn
from diffusers.models.embeddings import apply_rotary_emb
from torch import nn

MERGE_FORMS = ("stream", "joint", "mlp")

Rotary = tuple[torch.Tensor, torch.Tensor]  # cosines and sines, (tokens, head width) each


class LowRank(nn.Module):
    """Δ of equation 3: x -> scale · B A x, zero at the start. (…, width) -> (…, width)"""

    def __init__(self, width: int, rank: int, alpha: float) -> None:
        super().__init__()
        self.down = nn.Linear(width, rank, bias=False)
        self.up = nn.Linear(rank, width, bias=False)
        self.scale = alpha / rank
        nn.init.normal_(self.down.weight, std=1 / rank)
        nn.init.zeros_(self.up.weight)

    def forward(self, tokens: torch.Tensor) -> torch.Tensor:
        return self.up(self.down(tokens)) * self.scale


class Merge(nn.Module):
    """Equation 4: the two messages (n, tokens, width) become two residuals; zero at the start.

    stream: one linear map on each message by itself (the authors' default release);
    joint: one linear map on both, concatenated (the release's variant);
    mlp: the paper's text, a two-layer MLP on both, concatenated.
    """

    def __init__(self, width: int, form: str) -> None:
        super().__init__()
        if form not in MERGE_FORMS:
            raise ValueError(f"merge form {form!r} is not one of {', '.join(MERGE_FORMS)}")
        self.form = form
        size = width if form == "stream" else 2 * width
        self.hidden = nn.Linear(size, width) if form == "mlp" else None
        self.out = nn.Linear(width if form == "mlp" else size, size, bias=False)
        nn.init.zeros_(self.out.weight)

    def forward(self, messages: torch.Tensor) -> torch.Tensor:
        """(2n, tokens, width) -> (2n, tokens, width)"""
        if self.form == "stream":
            return self.out(messages)
        both = torch.cat(messages.chunk(2), dim=-1)  # (n, tokens, 2 width)
        if self.hidden is not None:
            both = nn.functional.gelu(self.hidden(both), approximate="tanh")
        return torch.cat(self.out(both).chunk(2, dim=-1))


class SteadySinusoids(nn.Module):
    """Sinusoidal embedding of FLUX's time and guidance, 256 wide, with the same frequencies on every machine. (n,) -> (n, 256)

    FLUX multiplies both by 1000: at guidance 30 one unit in the last place of a float32 frequency turns the sine by 2e-3 and
    the transformer's output by 1e-4, and processors round exp differently.
    """

    def forward(self, times: torch.Tensor) -> torch.Tensor:
        angles = times[:, None].float() * torch.tensor(FREQUENCIES, device=times.device)
        return torch.cat([angles.cos(), angles.sin()], dim=-1)


def _frequencies() -> list[float]:
    """exp(−ln 10⁴ · i / 128) in float32; all but three to nearest, those as the machine rounded that the release's reference
    outputs come from (tests/golden)."""
    exponents = torch.arange(128, dtype=torch.float32) * -math.log(10_000) / 128
    nearest = exponents.double().exp().float().numpy()
    for index, towards in ((13, 1), (44, 1), (102, 0)):
        nearest[index] = np.nextafter(nearest[index], np.float32(towards))
    return nearest.tolist()


FREQUENCIES = _frequencies()


class SharingAttnProcessor(nn.Module):
    """Self-attention of a FLUX block plus what the other branch has to say.

    In double blocks the image tokens take part, in single blocks all tokens (text and image).
    """

    _attention_backend = None
    _parallel_config = None

    def __init__(self, width: int, rank: int, alpha: float, merge: str, with_out: bool) -> None:
        super().__init__()
        names = ("q", "k", "v", "out") if with_out else ("q", "k", "v")
        self.composite_lora = nn.ModuleDict({name: LowRank(width, rank, alpha) for name in names})
        self.foreground_lora = nn.ModuleDict({name: LowRank(width, rank, alpha) for name in names})
        self.merge = Merge(width, merge)

    def __call__(
        self,
        attn: nn.Module,
        hidden_states: torch.Tensor,
        encoder_hidden_states: torch.Tensor | None = None,
        attention_mask: torch.Tensor | None = None,
        image_rotary_emb: Rotary | None = None,
        sharing: bool = True,
    ) -> torch.Tensor | tuple[torch.Tensor, torch.Tensor]:
        """hidden_states: (2n, image or all tokens, width) after AdaLN; encoder_hidden_states: (2n, text tokens, width) in
        double blocks. sharing=False runs the stock block on any batch (one branch alone)."""
        query, key, value = attn.to_q(hidden_states), attn.to_k(hidden_states), attn.to_v(hidden_states)
        own, text = self._self_attention(attn, query, key, value, encoder_hidden_states, attention_mask, image_rotary_emb)
        if sharing:
            own = own + self._residual(attn, hidden_states, (query, key, value), image_rotary_emb, encoder_hidden_states)
        return own if encoder_hidden_states is None else (own, text)

    def _self_attention(
        self,
        attn: nn.Module,
        query: torch.Tensor,
        key: torch.Tensor,
        value: torch.Tensor,
        text: torch.Tensor | None,
        mask: torch.Tensor | None,
        rotary: Rotary | None,
    ) -> tuple[torch.Tensor, torch.Tensor | None]:
        query, key, value = (_heads(attn, x) for x in (query, key, value))
        query, key = attn.norm_q(query), attn.norm_k(key)
        length = 0
        if text is not None:
            length = text.shape[1]
            query = torch.cat([attn.norm_added_q(_heads(attn, attn.add_q_proj(text))), query], dim=1)
            key = torch.cat([attn.norm_added_k(_heads(attn, attn.add_k_proj(text))), key], dim=1)
            value = torch.cat([_heads(attn, attn.add_v_proj(text)), value], dim=1)
        result = self._attend(query, key, value, rotary, mask)
        if text is None:
            return result, None
        text, image = result[:, :length], result[:, length:]
        return attn.to_out[1](attn.to_out[0](image)), attn.to_add_out(text)

    def _residual(
        self,
        attn: nn.Module,
        tokens: torch.Tensor,
        base: tuple[torch.Tensor, torch.Tensor, torch.Tensor],
        rotary: Rotary | None,
        text: torch.Tensor | None,
    ) -> torch.Tensor:
        """Equations 2–4 for both directions at once: (2n, tokens, width)."""
        query, key, value = self._adapted(attn, tokens, base)
        return self.merge(self._messages(attn, query, _swapped(key), _swapped(value), rotary, text))

    def _adapted(
        self, attn: nn.Module, tokens: torch.Tensor, base: tuple[torch.Tensor, torch.Tensor, torch.Tensor]
    ) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        """Equation 3: q, k, v with the streams' updates, by heads and normed, not yet turned."""
        query, key, value = (_heads(attn, x + self._delta(name, tokens)) for name, x in zip("qkv", base, strict=True))
        return attn.norm_q(query), attn.norm_k(key), value

    def _messages(
        self, attn: nn.Module, query: torch.Tensor, key: torch.Tensor, value: torch.Tensor, rotary: Rotary | None, text: torch.Tensor | None
    ) -> torch.Tensor:
        """Equation 2: what the asked, who have key and value, say to the asking: (items, tokens, width)."""
        if rotary is not None and text is not None:
            rotary = tuple(table[text.shape[1] :] for table in rotary)  # the image rows
        messages = self._attend(query, key, value, rotary, None)
        if text is not None:
            messages = attn.to_out[0](messages) + self._delta("out", messages)
        return messages

    def _delta(self, name: str, tokens: torch.Tensor) -> torch.Tensor:
        composite, foreground = tokens.chunk(2)
        return torch.cat([self.composite_lora[name](composite), self.foreground_lora[name](foreground)])

    def _attend(
        self, query: torch.Tensor, key: torch.Tensor, value: torch.Tensor, rotary: Rotary | None, mask: torch.Tensor | None
    ) -> torch.Tensor:
        if rotary is not None:
            query = apply_rotary_emb(query, rotary, sequence_dim=1)
            key = apply_rotary_emb(key, rotary, sequence_dim=1)
        result = dispatch_attention_fn(
            query, key, value, attn_mask=mask, backend=self._attention_backend, parallel_config=self._parallel_config
        )
        return result.flatten(2, 3).to(query.dtype)


def _heads(attn: nn.Module, tokens: torch.Tensor) -> torch.Tensor:
    return tokens.unflatten(-1, (-1, attn.head_dim))


def _swapped(tokens: torch.Tensor) -> torch.Tensor:
    """Composite rows where foreground rows were, and the other way round."""
    composite, foreground = tokens.chunk(2)
    return torch.cat([foreground, composite])


def attach_sharing(transformer: FluxTransformer2DModel, rank: int = 4, alpha: float = 4.0, merge: str = "mlp") -> None:
    """Give every block of a FLUX transformer its sharing processor; the outputs do not change until it is trained."""
    set_sharing(transformer, sharing_processors(transformer, rank, alpha, merge))


def sharing_processors(transformer: FluxTransformer2DModel, rank: int, alpha: float, merge: str) -> dict[str, SharingAttnProcessor]:
    """A fresh processor for every block, by the block's name ("single_transformer_blocks.7")."""
    return {name: SharingAttnProcessor(transformer.inner_dim, rank, alpha, merge, double) for name, double in _blocks(transformer)}


def set_sharing(transformer: FluxTransformer2DModel, processors: dict[str, SharingAttnProcessor]) -> None:
    """Put the processors of `sharing_processors` in their blocks, where the blocks' weights are and in their precision."""
    for name, processor in processors.items():
        attention = transformer.get_submodule(name).attn
        like = attention.to_q.bias  # quantized weights have no floating-point type, their biases have
        attention.set_processor(processor.to(device=like.device, dtype=like.dtype))
    if transformer.config.guidance_embeds:
        transformer.time_text_embed.time_proj = SteadySinusoids()


def _blocks(transformer: FluxTransformer2DModel) -> list[tuple[str, bool]]:
    """(name, whether it is a double block)"""
    doubles = [(f"transformer_blocks.{i}", True) for i in range(len(transformer.transformer_blocks))]
    return doubles + [(f"single_transformer_blocks.{i}", False) for i in range(len(transformer.single_transformer_blocks))]


def sharing_parameters(transformer: FluxTransformer2DModel) -> list[nn.Parameter]:
    """What the paper trains while the backbone is frozen: all LoRAs and merges."""
    return [p for name, p in transformer.named_parameters() if ".processor." in name]


class BFSTransformer2DModel(FluxTransformer2DModel):
    """FluxTransformer2DModel with information sharing built in, so that save_pretrained and from_pretrained know it.

    Takes the backbone's arguments and sharing_rank, sharing_alpha, sharing_merge (see Merge). A batch is
    [composites …, foregrounds …]; `joint_attention_kwargs={"sharing": False}` runs the backbone alone.
    """

    @register_to_config
    def __init__(
        self,
        patch_size: int = 1,
        in_channels: int = 384,
        out_channels: int | None = 64,
        num_layers: int = 19,
        num_single_layers: int = 38,
        attention_head_dim: int = 128,
        num_attention_heads: int = 24,
        joint_attention_dim: int = 4096,
        pooled_projection_dim: int = 768,
        guidance_embeds: bool = True,
        axes_dims_rope: tuple[int, int, int] = (16, 56, 56),
        sharing_rank: int = 4,
        sharing_alpha: float = 4.0,
        sharing_merge: str = "mlp",
    ) -> None:
        super().__init__(
            patch_size, in_channels, out_channels, num_layers, num_single_layers, attention_head_dim, num_attention_heads,
            joint_attention_dim, pooled_projection_dim, guidance_embeds, axes_dims_rope,
        )  # fmt: skip
        attach_sharing(self, sharing_rank, sharing_alpha, sharing_merge)
