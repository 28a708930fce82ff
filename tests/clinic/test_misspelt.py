"""What people really type when they look for somebody: found among many, each by a slip or habit that nurses have.

The names below are as registered; what stands beside them is how they are asked for.
"""

from __future__ import annotations

import pytest

from clinic.selectors import search
from desk.demo.names import FAMILY, MEN, WOMEN
from tests.builders import TODAY, a_patient

pytestmark = pytest.mark.django_db

CASES = [
    # by sound
    ("Sok Sophea", "sok sophia"), ("Chea Vuthy", "jea wuthi"), ("Keo Sreymom", "keov sreimom"),
    ("Heng Chanthy", "heang chanti"), ("Phan Sreypich", "pan srey pech"), ("Chhim Sokhorn", "chim sokhon"),
    ("Meas Samphors", "meas samphos"), ("Nhem Phally", "nem pali"), ("Ouk Oudom", "uk oudum"),
    ("Kuoch Ratanak", "koch rattanak"), ("Prak Somaly", "prak somali"), ("Long Vanna", "long wana"),
    ("Pov Sreyneang", "pou sreynieng"), ("Chhay Thida", "chay tida"), ("Soeun Sokha", "seun sokkha"),
    ("Duong Bopha", "doung bopa"), ("Yim Kunthea", "yim kunthia"), ("Um Savoeun", "oum saveun"),
    # order, pieces, run together
    ("Sok Sophea", "SOPHEA SOK"), ("Keo Sreymom", "srey mom keo"), ("Keo Sreymom", "keosreymom"),
    ("Prak Srey Leak", "prak sreyleak"), ("Long Vanna", "long va"), ("Meas Samphors", "samph"),
    # one letter wrong, missing, swapped
    ("Sok Sophea", "sok sophwa"), ("Chea Vuthy", "chea vthy"), ("Nhem Phally", "nhem phalyl"),
    ("Ouk Ratana", "ouk ratama"), ("Prak Somaly", "prak slmaly"), ("Chhim Sokhorn", "chhim sokhirn"),
    ("Phan Dara", "phan dsra"), ("Mao Bunly", "mao bunlu"), ("Kong Kosal", "kong kpsal"), ("Tep Visal", "tpe visal"),
    ("Ros Makara", "roz makara"),
    # Khmer
    ("សុខ សុភា", "សុខសុភា"), ("សុខ ដារ៉ា", "ដារា សុខ"), ("ស៊ុន ស្រីមុំ", "សុ៊ន ស្រីមុំ"), ("ជា វុទ្ធី", "ជា វុធី"),
    ("កែវ បុប្ផា", "កែវ បុផា"), ("ហេង ចន្ថា", "ហេង ចន្តា"), ("មាស វណ្ណា", "មាស វណ្ណ"), ("សៅ រស្មី", "សៅ រស្មិ"),
    # from one script to the other
    ("សុខ សុភា", "sok sophea"), ("កែវ ស្រីមុំ", "keo sreymom"), ("ជា វុទ្ធី", "vuthy chea"), ("ហេង ចន្ថា", "heng chantha"),
    ("Prum Visal", "ព្រំ វិសាល"), ("Mao Bunly", "ម៉ៅ ប៊ុនលី"), ("Kong Kosal", "កុសល គង់"), ("Tep Visal", "ទេព"),
]  # fmt: skip


@pytest.fixture
def village(db):
    """Register everybody asked for, among many others of usual names."""
    for name in dict.fromkeys(name for name, _ in CASES):
        family, given = name.split(" ", 1)
        mark = "_km" if "\u1780" <= name[0] <= "\u17ff" else ""
        empty = dict.fromkeys(("family_name", "given_name"), "")
        a_patient(**(empty | {f"family_name{mark}": family, f"given_name{mark}": given}))
    for at, first in enumerate((*MEN, *WOMEN)):
        last = FAMILY[at * 7 % len(FAMILY)]
        a_patient(family_name=last.latin, given_name=first.latin, family_name_km=last.km, given_name_km=first.km)


def test_people_are_found_as_they_are_asked_for(village):
    missed = []
    for name, typed in CASES:
        found = [(hit.patient.name_latin, hit.patient.name_khmer) for hit in search.find(typed, 10, today=TODAY)]
        if not any(name in both for both in found):
            missed.append((name, typed, found[:3]))
    assert missed == []
