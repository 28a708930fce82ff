"""What the referral desk does: referrals are drafted and moved on, trips begin and end, each with its note."""
