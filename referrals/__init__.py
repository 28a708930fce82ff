"""Sending a patient on and bringing people home: hospitals, referrals, the ambulance and its trips.

A referral is a request; the patient's record never moves."""
