"""The foundation every other room stands on; it knows none of them.

Its pure modules (ages, money, khmer, names, periods, ids, errors) import no framework at all."""
