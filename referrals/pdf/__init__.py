"""The papers of the road: the referral slip, the hospital's answer, the log book of the ambulance."""

from referrals.pdf.log import log
from referrals.pdf.slip import answer, slip

__all__ = ["answer", "log", "slip"]
