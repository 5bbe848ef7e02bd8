"""Pairs of answers with our own judgement: whether the second is the first, for a contest's judge.

Written by hand. `AMISS` names the pairs where math-verify by itself says otherwise, and why.
"""

from __future__ import annotations

__all__ = ["AMISS", "DIFFERENT", "SAME"]

SAME = (
    # spelling
    ("5", "5."), ("5", "$5$"), ("5", "{5}"), ("1000", "1,000"), ("1000", "1{,}000"),
    ("1000", "1\\,000"), ("1234567", "1,234,567"), ("x+1", "x + 1"), ("\\frac{1}{2}", "\\dfrac12"),
    ("\\frac{1}{2}", "\\tfrac{1}{2}"), ("\\frac{1}{2}", "\\frac 1 2"), ("\\sqrt{3}", "\\sqrt3"),
    ("x^2", "x^{2}"), ("\\left(1,2\\right)", "(1, 2)"), ("2\\cdot 3^4", "2 \\times 3^{4}"),
    ("-5", "−5"), ("\\pi", "π"), ("a_{1}", "a_1"), ("x \\le 3", "x \\leq 3"), ("+7", "7"),
    # numbers
    ("\\frac{1}{2}", "0.5"), ("\\frac{1}{2}", "1/2"), ("\\frac{1}{2}", ".5"),
    ("\\frac{2}{4}", "1/2"),
    ("-\\frac{1}{2}", "\\frac{-1}{2}"), ("-\\frac{1}{2}", "-0.5"), ("\\frac{-3}{-4}", "0.75"),
    ("1\\frac{1}{2}", "\\frac{3}{2}"), ("1\\frac12", "1.5"), ("1 1/2", "3/2"), ("2.50", "2.5"),
    ("1.5\\times10^{3}", "1500"), ("1.5 \\cdot 10^3", "1.5e3"), ("10^{-2}\\cdot 3", "0.03"),
    ("10^{10}", "10000000000"), ("2^{10}", "1024"), ("5!", "120"), ("0", "-0"), ("007", "7"),
    ("\\frac{\\frac{1}{2}}{3}", "\\frac{1}{6}"), ("0.1\\overline{6}", "0.1\\overline{6}"),
    # radicals and constants
    ("2\\sqrt{2}", "\\sqrt{8}"), ("\\frac{\\sqrt{2}}{2}", "\\frac{1}{\\sqrt{2}}"),
    ("\\frac{\\sqrt2}2", "\\sqrt{\\frac12}"), ("\\sqrt[3]{8}", "2"), ("\\sqrt{12}", "2\\sqrt3"),
    ("\\frac{3\\pi}{2}", "1.5\\pi"), ("\\frac{\\pi}{4}", "\\pi/4"),
    ("3+2\\sqrt{2}", "(1+\\sqrt2)^2"),
    ("e^{2}", "e^2"), ("\\ln 8", "3\\ln 2"), ("\\log_2 8", "3"),
    ("\\sin\\frac{\\pi}{6}", "\\frac12"),
    ("\\cos 0", "1"), ("\\frac{1+\\sqrt{5}}{2}", "\\frac{\\sqrt{5}+1}{2}"),
    ("\\sqrt{2}+\\sqrt{3}", "\\sqrt{3}+\\sqrt{2}"), ("4^{1/2}", "2"),
    # complex numbers
    ("3+4i", "4i+3"), ("i^2", "-1"), ("(1+i)^2", "2i"),
    # expressions
    ("x+1", "1+x"), ("(x+1)^2", "x^2+2x+1"), ("x(x-1)", "x^2-x"), ("\\frac{x^2-1}{x-1}", "x+1"),
    ("2(a+b)", "2a+2b"), ("ab", "ba"), ("5ab", "5ba"), ("-(x-y)", "y-x"), ("\\frac{a}{b}", "a/b"),
    ("\\frac{1}{x}+\\frac{1}{y}", "\\frac{x+y}{xy}"), ("x^{-1}", "\\frac{1}{x}"),
    ("4x^2", "(2x)^2"),
    ("\\sin^2 x+\\cos^2 x", "1"), ("3n^2-n", "n(3n-1)"), ("2^{n+1}", "2\\cdot 2^n"),
    # names and equations
    ("x=5", "5"), ("5", "x = 5"), ("y=2x+3", "2x+3"), ("y=2x+3", "y=3+2x"), ("f(x)=x+1", "x+1"),
    ("x+y=3", "y+x=3"), ("x=1, x=2", "1, 2"), ("x=1 \\text{ or } x=2", "x=2, x=1"),
    # intervals, sets, tuples, lists
    ("[0,1)", "[0, 1)"), ("[0,1)", "[0, \\frac22)"), ("(-\\infty,2]", "(-\\infty, 2]"),
    ("(-\\infty,2)\\cup(3,\\infty)", "(3,\\infty)\\cup(-\\infty,2)"), ("(0,0.5)", "(0,\\frac12)"),
    ("x\\in[1,2]", "[1,2]"), ("\\{1,2,3\\}", "\\{3,2,1\\}"), ("1,2,3", "3, 1, 2"),
    ("1,2", "1 \\text{ and } 2"), ("1,2", "2 or 1"), ("1, 2, 3", "1, 2, and 3"),
    ("\\pm 3", "-3, 3"),
    ("3\\pm\\sqrt{2}", "3+\\sqrt2, 3-\\sqrt2"), ("(1,2)", "(1.0, 2)"),
    ("(2,\\sqrt{8})", "(2,2\\sqrt2)"),
    ("\\emptyset", "\\{\\}"), ("\\emptyset", "\\varnothing"),
    ("(1,-2,3)", "\\left( 1, -2, 3 \\right)"),
    # matrices
    ("\\begin{pmatrix}1\\\\2\\end{pmatrix}", "\\begin{pmatrix} 1 \\\\ 2 \\end{pmatrix}"),
    ("\\begin{pmatrix}1&2\\\\3&4\\end{pmatrix}", "\\begin{bmatrix}1&2\\\\3&4\\end{bmatrix}"),
    ("\\begin{pmatrix}1/2\\\\1\\end{pmatrix}", "\\begin{pmatrix}0.5\\\\1\\end{pmatrix}"),
    ("\\begin{pmatrix}\\sqrt{8}\\\\0\\end{pmatrix}", "\\begin{pmatrix}2\\sqrt2\\\\0\\end{pmatrix}"),
    # units, money, per cent, bases
    ("10", "10\\text{ cm}"), ("10\\text{ cm}", "10"), ("10\\text{ cm}", "10 centimeters"),
    ("10\\text{ cm}^2", "10 square centimeters"), ("18", "\\$18"), ("\\$18.50", "18.5 dollars"),
    ("5 \\pi \\text{ cm}", "5\\pi"), ("30^\\circ", "30"), ("30^{\\circ}", "30 degrees"),
    ("50\\%", "50"), ("50\\%", "0.5"), ("0.5", "50%"), ("12.5\\%", "1/8"), ("50\\%", "50 percent"),
    ("60\\text{ miles per hour}", "60"), ("2516_8", "2516_{8}"), ("2516_8", "2516"),
    ("5 cm", "5cm"), ("3\\text{ feet}", "3 ft"), ("€5", "5 euros"),
    ("45\\text{ mi/hr}", "45 miles per hour"),
    ("12:30\\text{ p.m.}", "12:30 pm"), ("\\frac{3}{4}\\text{ inch}", "0.75 inches"),
    # words and choices
    ("\\text{Evelyn}", "Evelyn"), ("Evelyn", "evelyn"), ("\\text{even}", "Even."),
    ("\\text{no solution}", "No solution"), ("\\text{(B)}", "B"), ("\\textbf{(C)}", "\\text{(C)}"),
    ("Yes", "\\mathrm{yes}"),
)  # fmt: skip

DIFFERENT = (
    # numbers that are near
    ("18", "19"), ("1000", "1,00"), ("1000", "100"), ("1/3", "0.333333"), ("\\pi", "3.14159"),
    ("1", "1.0000001"), ("0.5", "-0.5"), ("1\\frac12", "\\frac{1}{2}"), ("11", "1 1"),
    ("10^3", "10^{-3}"),
    ("1.5\\times10^3", "1.5\\times10^4"), ("\\sqrt{2}", "1.414"), ("1-1/e", "1+1/e"),
    ("1-\\frac{1}{e}", "1+\\frac{1}{e}"), ("2^{10}", "2^{11}"), ("5!", "5"),
    ("\\frac{22}{7}", "\\pi"),
    ("9999999999999999", "10000000000000000"), ("12345678901234567890", "12345678901234567891"),
    # expressions
    ("x+1", "x-1"), ("x^2", "2x"), ("x", "y"), ("x+1", "y+1"), ("\\frac{a}{b}", "\\frac{b}{a}"),
    ("2\\sqrt{2}", "2\\sqrt{3}"), ("3+4i", "3-4i"), ("x+1", "1"), ("a-b", "b-a"),
    ("\\sin x", "\\cos x"),
    ("x^2+10^{-9}", "x^2"), ("y=2x+3", "y=2x-3"), ("x=5", "y=5"), ("x+y=3", "x-y=3"),
    ("x<3", "x\\le 3"), ("x<3", "x>3"),
    # hedging, and what math-verify overlooks
    ("5", "5, 6"), ("5", "5 or 6"), ("5", "4=5"), ("5", "5=5=6"), ("5", "5 \\neq 6"),
    ("5", "5 \\approx 6"), ("5", "\\text{not } 5"), ("5", "\\boxed{5} 6"),
    ("5", "5 \\text{ or } 6"),
    ("5", "|5|+1"), ("5", "5'"), ("1,2", "1,2,3"), ("\\pm 3", "3"), ("1,2", "1"),
    ("5", "5 million"),
    ("5", "5 dozen"), ("5", "5x"), ("5", "x^5"), ("5", "5;6"), ("5", ""), ("5", "nan"),
    ("5", "-(5"),
    ("5ab", "5"), ("2xy", "2"), ("5", "5/x"), ("5", "5/ab"), ("x_1", "x"), ("x_1", "x_2"),
    ("5", "5 squared"), ("5", "5 factorial"), ("5", "5 below zero"), ("3", "3 eighths"),
    ("25", "5^"),
    # structures
    ("(1,2)", "2,1"), ("(1,2)", "[1,2]"), ("(1,2)", "(2,1)"), ("[0,1)", "(0,1]"),
    ("[0,1)", "[0,2)"),
    ("(1,2)", "(1,2,3)"),
    ("\\{1,2\\}", "\\{1,3\\}"),
    ("\\begin{pmatrix}1\\\\2\\end{pmatrix}", "\\begin{pmatrix}2\\\\1\\end{pmatrix}"),
    ("\\begin{pmatrix}1&2\\end{pmatrix}", "\\begin{pmatrix}1\\\\2\\end{pmatrix}"),
    ("(-\\infty,2)\\cup(3,\\infty)", "(2,3)"), ("(-\\infty,2]", "(-\\infty,2)"),
    ("\\begin{vmatrix}1&2\\\\3&4\\end{vmatrix}", "\\begin{pmatrix}1&2\\\\3&4\\end{pmatrix}"),
    # units
    ("10\\text{ cm}", "10\\text{ m}"), ("10\\text{ cm}^2", "10\\text{ cm}^3"),
    ("\\$5", "5\\text{ cents}"),
    ("50\\%", "5"), ("50\\%", "0.05"), ("2516_8", "2516_9"), ("30^\\circ", "30\\text{ radians}"),
    ("7\\text{ a.m.}", "7\\text{ p.m.}"), ("\\$5", "€5"), ("60\\text{ mph}", "60\\text{ km}"),
    # words
    ("\\text{Evelyn}", "Angela"), ("dog", "god"), ("Evelyn", "Evenly"), ("\\text{even}", "odd"),
    ("\\text{(B)}", "(C)"), ("yes", "no"), ("\\text{no solution}", "0"), ("B", "A or B"),
)  # fmt: skip

AMISS = {
    # math-verify alone says that these are not the same, but they are
    ("5", "5."): "a full stop",
    ("1000", "1\\,000"): "a thin space between thousands",
    ("1 1/2", "3/2"): "a mixed number without LaTeX is read as a product",
    ("1.5 \\cdot 10^3", "1.5e3"): "e is read as a constant",
    ("i^2", "-1"): "i is read as a variable",
    ("(1+i)^2", "2i"): "i is read as a variable in one of the two",
    ("5ab", "5ba"): "ab is taken for a unit",
    ("\\emptyset", "\\varnothing"): "a command it does not know",
    ("10\\text{ cm}", "10 centimeters"): "a unit it does not know",
    ("10\\text{ cm}^2", "10 square centimeters"): "a unit it does not know",
    ("\\$18.50", "18.5 dollars"): "a unit it does not know",
    ("€5", "5 euros"): "a unit it does not know",
    ("45\\text{ mi/hr}", "45 miles per hour"): "a unit it does not know",
    ("Evelyn", "evelyn"): "letters are multiplied",
    ("\\text{even}", "Even."): "letters are multiplied",
    # math-verify alone says that these are the same, but they are not
    ("1/3", "0.333333"): "rounded to six digits",
    ("5", "4=5"): "the right side of an equation, in one order alone",
    ("5", "5 \\approx 6"): "what follows is overlooked",
    ("5", "\\boxed{5} 6"): "what follows is overlooked",
    ("5", "5'"): "what follows is overlooked",
    ("5ab", "5"): "ab is taken for a unit, and dropped",
    ("(1,2)", "2,1"): "a list is taken for a pair, in one order alone",
    ("60\\text{ mph}", "60\\text{ km}"): "units are dropped",
    ("10\\text{ cm}", "10\\text{ m}"): "units are dropped",
    ("10\\text{ cm}^2", "10\\text{ cm}^3"): "units are dropped",
    ("\\$5", "5\\text{ cents}"): "units are dropped",
    ("30^\\circ", "30\\text{ radians}"): "units are dropped",
    ("7\\text{ a.m.}", "7\\text{ p.m.}"): "units are dropped",
    ("2516_8", "2516_9"): "bases are dropped",
    ("Evelyn", "Evenly"): "letters are multiplied",
}
"""Pairs of the two above where math-verify 0.9.0 by itself, in its usual settings, is wrong."""
