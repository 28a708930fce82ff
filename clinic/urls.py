"""Addresses of this room."""

from django.urls import path

from clinic import api
from clinic.views import numbers, papers, patients, visits, wards

app_name = "clinic"
urlpatterns = [
    path("register/", patients.register, name="register"),
    path("register/likely/", patients.likely, name="likely"),
    path("patients/<uuid:id>/edit/", patients.edit, name="patient_edit"),
    path("patients/<uuid:id>/death/", patients.death, name="death"),
    path("patients/<uuid:id>/death/undo/", patients.death_undone, name="death_undone"),
    path("patients/<uuid:id>/visit/", visits.new, name="visit_new"),
    path("patients/<uuid:id>/admit/", wards.admit, name="admit"),
    path("patients/<uuid:id>/card/", papers.card, name="card"),
    path("cards/", papers.many_cards, name="cards"),
    path("cards/<uuid:sheet>/", papers.cards_pdf, name="cards_pdf"),
    path("visits/", visits.waiting, name="queue"),
    path("visits/<uuid:id>/", visits.visit, name="visit"),
    path("visits/<uuid:id>/slip/", papers.visit_slip, name="slip"),
    path("visits/<uuid:id>/left/", visits.left, name="left"),
    path("visits/<uuid:id>/void/", visits.void, name="void"),
    path("numbers/", numbers.numbers, name="numbers"),
    path("conditions/", visits.conditions, name="conditions"),
    path("treatment-row/", visits.treatment_row, name="treatment_row"),
    path("wards/", wards.board, name="wards"),
    path("admissions/<uuid:id>/", wards.admission, name="admission"),
    path("admissions/<uuid:id>/summary/", papers.discharge_summary, name="discharge_summary"),
    path("admissions/<uuid:id>/move/", wards.transfer, name="transfer"),
    path("admissions/<uuid:id>/discharge/", wards.discharge, name="discharge"),
    path("api/patients/", api.Patients.as_view(), name="api_patients"),
    path("api/patients/<uuid:id>/", api.PatientDetail.as_view(), name="api_patient"),
    path("api/encounters/", api.Encounters.as_view(), name="api_encounters"),
]
