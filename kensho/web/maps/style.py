"""The style sheet of metro maps, which also a map as a file of its own contains.

Colours are those custom properties of the page that its own style sheet has (`--paper`, `--line-0`
and so on); alone, a map has the same ones. Lines have the hues of Okabe and Ito
(https://jfly.uni-koeln.de/color/), which colour-blind viewers can tell apart, darkened on paper and
lightened on ink. The theme is that of the system unless the document's root says `data-theme`.
"""

import re
from collections.abc import Mapping
from typing import Final

_LIGHT: Final[Mapping[str, str]] = {
    "paper": "#f7f2e8",
    "ink": "#1d1a16",
    "soft": "#5d5448",
    "rule": "#ddd3c1",
    "line-0": "#b93014",
    "line-1": "#00679e",
    "line-2": "#00795a",
    "line-3": "#9a6200",
    "line-4": "#96497a",
    "line-5": "#4a5aa8",
    "line-6": "#6f6a00",
    "line-7": "#54504a",
}
_DARK: Final[Mapping[str, str]] = {
    "paper": "#161310",
    "ink": "#efe8da",
    "soft": "#b3a998",
    "rule": "#3a342b",
    "line-0": "#ff8363",
    "line-1": "#5cbcf0",
    "line-2": "#3ec59a",
    "line-3": "#e9ab3c",
    "line-4": "#dd97c2",
    "line-5": "#9dacff",
    "line-6": "#cfc54a",
    "line-7": "#b3a998",
}
_COLOURS: Final = 8
_FONTS: Final = (
    '-apple-system,"Segoe UI",Roboto,"Noto Sans","Helvetica Neue","Liberation Sans",Arial,'
    '"Hiragino Sans","Yu Gothic UI","Noto Sans CJK JP","Noto Sans JP",sans-serif'
)
_RULES: Final = """
.metro{background:$paper;font-family:$fonts}
.metro .rule{stroke:$rule;stroke-width:1}
.metro .year-mark{fill:$soft;font-size:11px;font-variant-numeric:tabular-nums}
.metro .heading{fill:$soft;font-size:11px;font-weight:600}
.metro .swatch{stroke:currentColor;stroke-width:5;stroke-linecap:round}
.metro .track{stroke:currentColor;stroke-width:6;stroke-linecap:round;opacity:.36}
.metro .track.lane{stroke-width:3;opacity:.2}
.metro .route.quiet{visibility:hidden}
.metro.whole .route.quiet{visibility:visible}
.metro .route{fill:none;stroke:currentColor;stroke-linecap:round;stroke-linejoin:round}
.metro .route.band{stroke-width:6}
.metro .route.arch{stroke-width:3}
.metro .route.branch{stroke-width:2.2}
.metro .route.far{stroke-width:1.7}
.metro .route.thin{stroke-width:1.3}
.metro .route.inferred{stroke-dasharray:7 6;stroke-linecap:butt}
.metro .mark{fill:currentColor;stroke:$paper;stroke-width:2;stroke-linejoin:round}
.metro .hollow .mark{fill:$paper;stroke:currentColor;stroke-width:2}
.metro .label{fill:$ink;font-size:12px;paint-order:stroke;stroke:$paper;stroke-width:4px;
stroke-linejoin:round}
.metro .k-main .label{font-weight:600}
.metro .label tspan{unicode-bidi:isolate}
.metro .label .year{fill:$soft;font-size:10px;font-weight:400}
.metro .gap-band{fill:$paper}
.metro .gap-edge{fill:none;stroke:$soft;stroke-width:1;stroke-dasharray:2 4}
.metro .transfer rect{fill:$paper;stroke:$ink;stroke-width:1.2}
.metro .transfer text{fill:$ink;font-size:11px}
.metro .stem{stroke:$ink;stroke-width:1.2}
.metro a{cursor:pointer;text-decoration:none}
.metro a:hover .label,.metro a:focus-visible .label{text-decoration:underline}
.metro a:focus-visible{outline:none}
.metro a:focus-visible .mark,.metro a:focus-visible rect{stroke:$ink;stroke-width:3}
.metro .pulse{fill:none;stroke:currentColor;stroke-width:2;opacity:.5}
.metro .legend{color:$soft}
.metro .legend text{fill:$soft;font-size:11px}
@supports (color:color-mix(in srgb,red,blue)){
.metro .route.branch{stroke:color-mix(in srgb,currentColor 88%,var(--m-paper))}
.metro .route.far{stroke:color-mix(in srgb,currentColor 74%,var(--m-paper))}
.metro .route.thin{stroke:color-mix(in srgb,currentColor 58%,var(--m-paper))}}
@keyframes metro-pulse{0%{opacity:.7}50%{opacity:.15}100%{opacity:.7}}
@media (prefers-reduced-motion:no-preference){
.metro .pulse{animation:metro-pulse 2.4s ease-in-out infinite}}
@media print{.metro .pulse{display:none}}
"""
"""Lesser routes are mixed with the paper, not let through: many on one track stay one line."""
_NAMED: Final = re.compile(r"([a-z-]+):\$(paper|ink|soft|rule)\b")


def style() -> str:
    """Return the style sheet of a map.

    Each colour is written twice: first as a plain value, for programs without custom properties.
    """
    colours = "".join(
        f".metro .c{n}{{color:{_LIGHT[f'line-{n}']};color:var(--m-line-{n})}}"
        for n in range(_COLOURS)
    )
    light, dark = _set(_LIGHT), _set(_DARK)
    rules = _NAMED.sub(lambda m: f"{m[1]}:{_LIGHT[m[2]]};{m[1]}:var(--m-{m[2]})", _RULES)
    return (
        f".metro{{{light}}}@media (prefers-color-scheme:dark){{.metro{{{dark}}}}}"
        f":root[data-theme=light] .metro{{{light}}}:root[data-theme=dark] .metro{{{dark}}}"
        f"{colours}{rules.replace('$fonts', _FONTS)}"
    )


def _set(colours: Mapping[str, str]) -> str:
    """Return declarations that take a colour from the page, or this one where there is none."""
    return "".join(f"--m-{name}:var(--{name},{value});" for name, value in colours.items())
