"""The papers of the road: the referral slip, the hospital's answer, the log book of the ambulance, and its year."""

from referrals.pdf.log import log
from referrals.pdf.slip import answer, slip
from referrals.pdf.year import year

__all__ = ["answer", "log", "slip", "year"]
