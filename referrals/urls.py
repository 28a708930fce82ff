"""Addresses of this room."""

from django.urls import path

from referrals.views import referrals, trips

app_name = "referrals"
urlpatterns = [
    path("", referrals.index, name="list"),
    path("new/<uuid:patient_id>/", referrals.new, name="new"),
    path("<uuid:id>/", referrals.referral, name="referral"),
    path("<uuid:id>/step/", referrals.step, name="step"),
    path("<uuid:id>/answer/", referrals.answer, name="answer"),
    path("<uuid:id>/slip.pdf", referrals.slip, name="slip"),
    path("trips/", trips.index, name="trips"),
    path("trips/new/", trips.new, name="trip_new"),
    path("trips/deceased-home/", trips.deceased_home, name="deceased_home"),
    path("trips/<uuid:id>/", trips.trip, name="trip"),
]
