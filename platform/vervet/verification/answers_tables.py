"""Owns the tables by which answers are brought to one spelling: signs, commands, units."""

from __future__ import annotations

import re

__all__ = ["NO_UNIT", "POWERS", "REWRITES", "SIGNS", "UNITS"]

SIGNS = str.maketrans(
    {
        "−": "-", "–": "-", "—": "-", "×": "*", "·": "*", "⋅": "*", "÷": "/", "∕": "/", "⁄": "/",
        "π": r"\pi ", "∞": r"\infty ", "°": r"^\circ ", "≤": r"\le ", "≥": r"\ge ", "≠": r"\ne ",
        "∪": r"\cup ", "∩": r"\cap ", "±": r"\pm ", "√": r"\sqrt ", "∈": r"\in ", "²": "^2",
        "³": "^3", "½": r"\frac{1}{2}", "¼": r"\frac{1}{4}", "¾": r"\frac{3}{4}", "θ": r"\theta ",
        "\xa0": " ", "∅": r"\emptyset ", "’": "'",
    }
)  # fmt: skip
REWRITES = tuple(
    (re.compile(pattern), by)
    for pattern, by in (
        (r"\\(?:left|right|[bB]ig+[lrm]?)(?![a-zA-Z])\s*\.?(?=[^a-zA-Z]|$)", ""),
        (r"\\(?:displaystyle|textstyle|limits|boldsymbol|bf|rm|it)(?![a-zA-Z])", " "),
        (r"\{,\}|,\\!", ","),
        (r"(?<!\\)\\[!,;:> ]|\\q?quad(?![a-zA-Z])|~", " "),
        (r"\\[dtc]frac(?![a-zA-Z])", r"\\frac"),
        (r"\\(?:cdot|times|ast)(?![a-zA-Z])", "*"),
        (r"\\div(?![a-zA-Z])", "/"),
        (r"\\(le|ge|ne)q(?![a-zA-Z])", r"\\\1 "),
        (r"\\lbrace(?![a-zA-Z])|\\\{", r"\\{"),
        (r"\\rbrace(?![a-zA-Z])|\\\}", r"\\}"),
        (r"\\(?:varnothing|empty)(?![a-zA-Z])|\\\{\s*\\\}", r"\\emptyset "),
        (r"\^\s*(?:\{\s*)?\\(?:circ|degree)(?![a-zA-Z])(?:\s*\})?|\\degree(?![a-zA-Z])",
         " degrees"),
        (r"\\(?:textrm|textbf|textit|textsf|textnormal|mbox|hbox|mathrm|mathbf|mathit|mathsf)\s*\{",
         r"\\text{"),
        (r"\\operatorname\*?\s*\{([a-zA-Z]+)\}", r"\\\1 "),
        (r"\\?\$", "$"),
        (r"€\s*(-?[\d.,]+)", r"\1 euros"),
        (r"£\s*(-?[\d.,]+)", r"\1 sterling"),
        (r"\\?%", "%"),
        (r"(?<![a-zA-Z])([aApP])\.\s?[mM]\.?(?![a-zA-Z])", r"\1m"),
    )
)  # fmt: skip
"""What is written in several ways, and the one way; applied in this order."""
NOT_UNITS = """
or and not to if is no of at but than then between where for all either neither none plus
minus times over by mod dozen dozens score pair pairs hundred hundreds thousand thousands
million millions billion billions trillion trillions half halves third thirds quarter
quarters fourth fourths fifth fifths sixth sixths seventh sevenths eighth eighths ninth ninths
tenth tenths twelfth twelfths hundredth hundredths thousandth thousandths gross grand sqrt sin cos
tan log exp infinity inf undefined remainder factorial below under negative inverse choose root
"""
NO_UNIT = frozenset(NOT_UNITS.split())
"""Words after a number that change what it is worth, or join it to another."""
POWERS = {"square": "2", "squared": "2", "sq": "2", "cubic": "3", "cubed": "3"}
UNITS = {
    alias: name
    for name, aliases in {
        "%": "% percent percentage", "$": "$ dollar usd buck", "cent": "cent ¢",
        "degree": "degree deg", "cm": "cm centimeter centimetre", "mm": "mm millimeter millimetre",
        "meter": "m meter metre", "km": "km kilometer kilometre", "inch": "in inch inche",
        "foot": "ft foot feet", "yard": "yd yard", "mile": "mi mile", "kg": "kg kilogram",
        "gram": "g gm gram", "pound": "lb pound", "ounce": "oz ounce", "second": "s sec second",
        "minute": "min minute", "hour": "h hr hour", "liter": "l liter litre",
        "ml": "ml milliliter millilitre",
    }.items()
    for alias in aliases.split()
}  # fmt: skip
"""The name of a unit by each of its spellings, without the plural's s."""
