"""The pages of duplicates and merges: what they show, what they refuse, what they cost."""

from __future__ import annotations

from typing import Any

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from clinic.models import Allergy, LikelyPair, Merge, Patient, Pregnancy
from clinic.services import pairs, patients
from core.audit.models import Read
from core.ids import uuid7
from core.jobs.models import Job
from desk import tasks
from tests.builders import TODAY, a_bed, a_patient, a_stay, a_village, a_visit, noon, somebody
from tests.people import client_of

pytestmark = pytest.mark.django_db
State = LikelyPair.State


@pytest.fixture(autouse=True)
def _today() -> Any:
    with time_machine.travel(noon(), tick=False):
        yield


def ask(client: Any, url: str, *, most: int, data: Any = None, status: int = 200) -> Any:
    client.get("/about/")
    with CaptureQueriesContext(connection) as asked:
        answer = client.post(url, data) if data is not None else client.get(url)
    assert answer.status_code == status, answer.content.decode()[:1500]
    assert len(asked) <= most, [row["sql"][:140] for row in asked]
    return answer


def a_pair(n: int = 0) -> LikelyPair:
    given = {"given_name": "Nita", "told": (4, "y", TODAY), "village": a_village()}
    names = {"family_name": f"Prum{'abcdefghijklmnopqrstuvwxyz'[n]}"}
    one, other = sorted((a_patient(**given, **names), a_patient(**given, **names)), key=lambda person: person.pk)
    return LikelyPair.objects.create(
        one=one, other=other, score=80 + n % 5, reasons=["same_name", "other_sex", "years_apart:13"]
    )


class TestList:
    def test_pairs_stand_side_by_side_with_reasons_the_likeliest_first(self, nurse):
        for n in range(3):
            a_pair(n)
        text = ask(client_of(nurse), reverse("desk:duplicates"), most=8).content.decode()
        assert "They are at least 13 years apart." in text and "One is written as female" in text
        assert text.index("Prumc") < text.index("Prumb") < text.index("Pruma")
        assert "merge…" not in text  # a nurse reviews; an administrator merges

    def test_pages_follow_each_other_by_key_and_lose_nobody(self, administrator):
        for n in range(25):
            a_pair(n % 26)
        client, url, seen = client_of(administrator), reverse("desk:duplicates"), []
        while url:
            page = ask(client, url, most=8)
            seen += [row["pair"].pk for row in page.context["pairs"]]
            url = reverse("desk:duplicates") + page.context["older"] if page.context["older"] else ""
        assert len(seen) == len(set(seen)) == 25
        assert "merge…" in page.content.decode()

    @pytest.mark.parametrize("query", ["?before=x", "?before=9", "?before=99999999.x", "?state=x", "?before=%00.%00",
                                       "?before=១២.x", "?before=80." + "a" * 5000])  # fmt: skip
    def test_odd_queries_show_the_first_page(self, nurse, query):
        a_pair()
        assert len(client_of(nurse).get(reverse("desk:duplicates") + query).context["pairs"]) == 1

    def test_two_different_people_is_one_press_and_can_be_taken_back(self, nurse):
        pair, client = a_pair(), client_of(nurse)
        ask(client, reverse("desk:pair_distinct", args=[pair.pk]), most=12, data={}, status=302)
        assert client.get(reverse("desk:duplicates")).context["pairs"] == []
        page = client.get(reverse("desk:duplicates") + "?state=distinct").content.decode()
        assert "Sok Chanthy said so" in page
        ask(client, reverse("desk:pair_reopen", args=[pair.pk]), most=12, data={}, status=302)
        assert len(client.get(reverse("desk:duplicates")).context["pairs"]) == 1

    def test_a_pair_that_nobody_knows_is_not_there(self, nurse):
        for name in ("desk:pair_distinct", "desk:pair_reopen"):
            assert client_of(nurse).post(reverse(name, args=[uuid7()])).status_code == 404

    def test_a_pair_merged_meanwhile_is_told_of(self, nurse):
        pair = a_pair()
        LikelyPair.objects.update(state=State.MERGED)
        answer = client_of(nurse).post(reverse("desk:pair_distinct", args=[pair.pk]))
        assert answer.status_code == 422 and "merged meanwhile" in answer.content.decode()


class TestLooking:
    def test_the_administrator_asks_and_the_worker_looks(self, administrator):
        a_pair()
        LikelyPair.objects.all().delete()
        answer = client_of(administrator).post(reverse("desk:duplicates_look"))
        job = Job.objects.get(kind=pairs.JOB)
        assert answer.headers["Location"] == reverse("jobs:job", args=[job.pk])
        tasks.look_for_pairs.run(str(job.pk))
        job.refresh_from_db()
        assert (job.state, job.result["pairs"], LikelyPair.objects.count()) == (Job.State.DONE, 1, 1)

    def test_at_night_only_what_is_new_is_looked_at(self):
        a_pair()
        tasks.every_night.run()
        first = Job.objects.get(kind=pairs.JOB)
        tasks.look_for_pairs.run(str(first.pk))
        a_patient()
        tasks.every_night.run()
        second = Job.objects.filter(kind=pairs.JOB).latest("id")
        tasks.look_for_pairs.run(str(second.pk))
        first.refresh_from_db(), second.refresh_from_db()
        assert (first.result["people"], second.result["people"]) == (2, 1)

    def test_a_job_that_was_stopped_goes_on_the_next_night(self, monkeypatch):
        monkeypatch.setattr(pairs, "CHUNK", 1)
        a_pair(), a_pair(1)
        tasks.every_night.run()
        job = Job.objects.get(kind=pairs.JOB)
        look = pairs.look

        def stopped(**given: Any) -> Any:
            told = given["progress"]

            def progress(done: int, total: int, seq: int) -> None:
                if done == 3:
                    Job.objects.filter(pk=job.pk).update(state=Job.State.STOPPED)
                told(done, total, seq)

            return look(**(given | {"progress": progress}))

        monkeypatch.setattr(pairs, "look", stopped)
        tasks.look_for_pairs.run(str(job.pk))
        monkeypatch.setattr(pairs, "look", look)
        with time_machine.travel("2026-11-21T02:40:00+07:00"):
            tasks.every_night.run()
        again = Job.objects.filter(kind=pairs.JOB).latest("id")
        tasks.look_for_pairs.run(str(again.pk))
        again.refresh_from_db()
        assert again.result["people"] == 1


class TestMerge:
    @pytest.fixture
    def pair(self, db: None) -> tuple[Patient, Patient]:
        one = a_patient(family_name="Prum", told=(4, "y", TODAY), village=a_village(), phone="012345678")
        return one, a_patient(family_name="Prom", told=(5, "y", TODAY), phone="098765432", guardian="Chea Sophal")

    def form(self, page: Any, **said: Any) -> dict[str, Any]:
        form = page.context["form"]
        chosen = {group.name: form[group.name].value() for group in form.groups}
        return {"id": str(form["id"].value()), "seen": page.context["seen"], "reason": "both cards"} | chosen | said

    def test_what_differs_is_chosen_and_both_looks_are_written_down(self, administrator, pair):
        one, other = pair
        a_visit(one, close=True), a_visit(other, close=True), a_stay(other, bed=a_bed(0))
        Allergy.objects.create(patient=other, substance="penicillin", told_on=TODAY)
        page = ask(client_of(administrator), reverse("desk:merge", args=[one.pk, other.pk]), most=9)
        text = page.content.decode()
        for said in ("Whose values stand", "Chea Sophal", "012 345 678", "098 765 432", "Allergy:", "Both were seen on",
                     one.number, other.number, "Contacts", "Stays"):  # fmt: skip
            assert said in text, said
        assert Read.objects.filter(what="merge", patient_id__in=[one.pk, other.pk]).count() == 2

    def test_merged_shown_and_taken_back(self, administrator, pair):
        one, other = pair
        client, url = client_of(administrator), reverse("desk:merge", args=[one.pk, other.pk])
        sent = self.form(client.get(url), guardian="loser")
        answer = client.post(url, sent)
        act = Merge.objects.get()
        done = reverse("desk:merge_done", args=[act.pk])
        assert answer.headers["Location"] == done
        one.refresh_from_db()
        assert one.guardian == "Chea Sophal"
        again = client.post(url, sent)  # the back button: they are one by now
        assert again.status_code == 302 and Merge.objects.count() == 1
        assert "Take this merge back" in ask(client, done, most=8).content.decode()
        assert one.number in ask(client, reverse("desk:merges"), most=8).content.decode()
        assert client.post(reverse("desk:merge_undo", args=[act.pk]), {"reason": ""}).status_code == 422
        answer = client.post(
            reverse("desk:merge_undo", args=[act.pk]), {"reason": "sisters", "distinct": "on"}, follow=True
        )
        assert "Taken back: there are two records again." in answer.content.decode()
        assert LikelyPair.objects.get().state == State.DISTINCT
        assert client.post(reverse("desk:merge_undo", args=[act.pk]), {"reason": "again"}).status_code == 422

    def test_what_stayed_is_said(self, administrator, pair):
        one, other = pair
        client, url = client_of(administrator), reverse("desk:merge", args=[one.pk, other.pk])
        client.post(url, self.form(client.get(url)))
        one.refresh_from_db()
        with time_machine.travel("2026-11-20T15:00:00+07:00"):
            a_visit(one, close=True)
            patients.correct(patient=one, by=somebody(), today=TODAY, guardian="Nhem")
            answer = client_of(administrator).post(
                reverse("desk:merge_undo", args=[Merge.objects.get().pk]), {"reason": "sisters"}, follow=True
            )
        text = answer.content.decode()
        assert f"1 entry written since stayed with {one.number}: Contacts." in text
        assert "Corrected since and left as it is: Parent or guardian." in text

    def test_what_forbids_it_is_said_before_and_after_pressing(self, administrator, pair):
        one, other = pair
        a_stay(one, bed=a_bed(0)), a_stay(other, bed=a_bed(1))
        for patient in pair:
            Pregnancy.objects.create(patient=patient, edd=TODAY, reckoned="told")
        client, url = client_of(administrator), reverse("desk:merge", args=[one.pk, other.pk])
        page = client.get(url)
        assert "Both lie in a bed now (M1, M2)" in page.content.decode()
        assert "Both have an open pregnancy" in page.content.decode()
        assert client.post(url, self.form(page, sure="on")).status_code == 422 and not Merge.objects.exists()

    def test_doubts_want_a_tick_and_what_was_chosen_is_kept(self, administrator):
        one = a_patient(family_name="Prum", identifiers=[("national", "012345678")], guardian="Chea")
        other = a_patient(family_name="Prum", identifiers=[("national", "876543210")], guardian="Nhem")
        client, url = client_of(administrator), reverse("desk:merge", args=[one.pk, other.pk])
        page = client.get(url)
        assert "They have different numbers: National identity card." in page.content.decode()
        refused = client.post(url, self.form(page, guardian="loser"))
        assert refused.status_code == 422 and refused.context["form"]["guardian"].value() == "loser"
        assert "say that you are sure" in refused.content.decode()
        assert client.post(url, self.form(page, guardian="loser", sure="on")).status_code == 302

    def test_a_record_corrected_meanwhile_is_shown_again(self, administrator, pair):
        one, other = pair
        client, url = client_of(administrator), reverse("desk:merge", args=[one.pk, other.pk])
        sent = self.form(client.get(url))
        patients.correct(patient=other, by=somebody(), today=TODAY, guardian="Nhem Rith")
        refused = client.post(url, sent)
        assert refused.status_code == 422 and "Somebody corrected one of the two records" in refused.content.decode()
        assert client.post(url, self.form(refused)).status_code == 302

    @pytest.mark.parametrize(
        "wrong",
        [{"latin": "x"}, {"guardian": "\x00"}, {"reason": "a" * 10_000}, {"seen": "a" * 500}, {"seen": "x"},
         {"id": "x"}, {"phone": ["winner", "loser", "x"]}],
    )  # fmt: skip
    def test_wrong_input_is_answered_with_words(self, administrator, pair, wrong):
        client, url = client_of(administrator), reverse("desk:merge", args=[p.pk for p in pair])
        answer = client.post(url, self.form(client.get(url), **wrong))
        assert answer.status_code == 422 and not Merge.objects.exists()

    def test_people_whom_nobody_knows_are_not_there(self, administrator, pair):
        one, _ = pair
        client = client_of(administrator)
        for both in ((one.pk, uuid7()), (uuid7(), one.pk)):
            assert client.get(reverse("desk:merge", args=both)).status_code == 404
        assert client.get(reverse("desk:merge", args=[one.pk, one.pk])).status_code == 302
        assert client.get(reverse("desk:merge_done", args=[uuid7()])).status_code == 404
        assert client.post(reverse("desk:merge_undo", args=[uuid7()]), {"reason": "x"}).status_code == 404
        assert client.get(reverse("desk:merges") + "?before=x").status_code == 200
