"""Compute effective personal tax on a salary from sourced bands, allowances and exchange rates.

The taxpayer is a single employee without children who takes the standard deductions; the income is that of 2025
(fiscal 2025-26 in the United Kingdom, India and Australia). Compulsory savings in individual accounts are no tax.
"""

from sim.world.build.tax.law import Law, Place, load
from sim.world.build.tax.rates import RULES, effective_rate, grade, parts, relief

__all__ = ["RULES", "Law", "Place", "effective_rate", "grade", "load", "parts", "relief"]
