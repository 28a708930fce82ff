"""The words of the year's tables, once for the page's paper and its sheet: Khmer with English beside it."""

from __future__ import annotations

PURPOSES = (
    ("emergency", "សង្គ្រោះបន្ទាន់", "Emergency"),
    ("transfer", "បញ្ជូនតាមគម្រោង", "Planned transfer"),
    ("patient_home", "ជូនអ្នកជំងឺទៅផ្ទះ", "Patient home"),
    ("deceased_home", "ជូនសពទៅគ្រួសារ", "Taken home to the family"),
)
NUMBERS = (
    *PURPOSES,
    ("count", "ដំណើរសរុប", "All trips"),
    ("kilometres", "គីឡូម៉ែត្រ", "Kilometres"),
    ("litres", "ប្រេង (លីត្រ)", "Fuel (l)"),
    ("per_hundred", "លីត្រ/១០០ គ.ម", "l / 100 km"),
    ("riel", "បានបង់ (រៀល)", "Paid (riel)"),
)
PARTS = (
    ("leaving", "ហៅ → ចេញដំណើរ", "called → departed"),
    ("reaching", "ចេញដំណើរ → ដល់", "departed → reached"),
    ("handing_over", "ដល់ → ប្រគល់", "reached → handed over"),
    ("arriving", "ហៅ → ដល់", "called → reached"),
    ("altogether", "ហៅ → ប្រគល់", "called → handed over"),
)
SENT = (
    ("written", "លិខិតបញ្ជូនសរុប", "Referrals written"),
    ("answered", "មានចម្លើយ", "Answered"),
    ("waiting", "កំពុងរង់ចាំ", "Under way or waiting"),
    ("long_awaited", "គ្មានចម្លើយលើសពី {days} ថ្ងៃ", "No answer for more than {days} days"),
    ("given_up", "មិនអាចទទួលបានចម្លើយ", "No answer was to be had"),
    ("did_not_arrive", "មិនបានទៅដល់", "Did not arrive"),
    ("cancelled", "បោះបង់", "Cancelled"),
    ("own_transport", "ក្នុងនោះ ទៅដោយមធ្យោបាយខ្លួនឯង", "of all: went by own transport"),
)
