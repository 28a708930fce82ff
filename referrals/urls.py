"""Addresses of this room."""

from django.urls import path

from referrals.views import keeping, log, referrals, trips, year

app_name = "referrals"
urlpatterns = [
    path("", referrals.index, name="list"),
    path("steps/", referrals.table, name="steps"),
    path("new/<uuid:patient_id>/", referrals.new, name="new"),
    path("<uuid:id>/", referrals.referral, name="referral"),
    path("<uuid:id>/change/", referrals.change, name="change"),
    path("<uuid:id>/step/", referrals.step, name="step"),
    path("<uuid:id>/call/", referrals.call, name="call"),
    path("<uuid:id>/answer/", referrals.answer, name="answer"),
    path("<uuid:id>/slip.pdf", referrals.slip, name="slip"),
    path("<uuid:id>/answer.pdf", referrals.answer_slip, name="answer_slip"),
    path("trips/", log.index, name="trips"),
    path("trips/log.pdf", log.log, name="log"),
    path("trips/year/", year.index, name="year"),
    path("trips/year.pdf", year.paper, name="year_pdf"),
    path("trips/year.xlsx", year.sheet, name="year_xlsx"),
    path("trips/new/", trips.new, name="trip_new"),
    path("trips/deceased-home/", trips.deceased_home, name="deceased_home"),
    path("trips/<uuid:id>/", trips.trip, name="trip"),
    path("trips/<uuid:id>/arrival/", trips.arrive, name="arrive"),
    path("trips/<uuid:id>/leg/", trips.leg, name="leg"),
    path("trips/<uuid:id>/correct/", trips.correct, name="trip_correct"),
    path("trips/<uuid:id>/take-back/", trips.take_back, name="trip_take_back"),
    path("fuel/", log.fuel, name="fuel"),
    path("fuel/<uuid:id>/take-back/", log.take_back, name="fuel_take_back"),
    path("keeping/", keeping.index, name="keeping"),
    path("keeping/hospital/", keeping.hospital, name="hospital_new"),
    path("keeping/hospital/<int:id>/", keeping.hospital, name="hospital"),
    path("keeping/vehicle/", keeping.vehicle, name="vehicle_new"),
    path("keeping/vehicle/<int:id>/", keeping.vehicle, name="vehicle"),
    path("keeping/driver/", keeping.driver, name="driver_new"),
    path("keeping/driver/<int:id>/", keeping.driver, name="driver"),
]
