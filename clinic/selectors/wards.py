"""The rooms, their beds, and who lies in them."""

from __future__ import annotations

from dataclasses import dataclass, field

from clinic.models import Admission, Bed, Ward
from clinic.selectors import catalogue


@dataclass
class Place:
    """One bed and the stay that occupies it, if any."""

    bed: Bed
    stay: Admission | None = None


@dataclass
class Room:
    """One ward, its beds in order, and how many are free."""

    ward: Ward
    places: list[Place] = field(default_factory=list)

    @property
    def free(self) -> int:
        """Return the number of beds nobody lies in."""
        return sum(place.stay is None for place in self.places)


@dataclass
class Board:
    """All rooms, and the stays that have no bed of ours."""

    rooms: list[Room]
    elsewhere: list[Admission]


def board() -> Board:
    """Return the wards with their beds and who lies there; two statements at most."""
    stays = list(
        Admission.objects.open().select_related("patient__village", "encounter").order_by("admitted_on", "id")[:500]
    )
    lying = {stay.bed_id: stay for stay in stays if stay.bed_id}
    rooms: dict[int, Room] = {}
    beds = catalogue.beds()
    for bed in beds.values():
        rooms.setdefault(bed.ward_id, Room(bed.ward)).places.append(Place(bed, lying.get(bed.pk)))
    return Board(list(rooms.values()), [stay for stay in stays if stay.bed_id not in beds])
