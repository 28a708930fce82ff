"""Addresses of this room."""

from django.urls import path

from mobile_team.views import advice, checkups, routes, sessions, week

app_name = "mobile_team"
urlpatterns = [
    path("", week.week, name="week"),
    path("plan/", week.plan, name="plan"),
    path("villages/", week.villages, name="villages"),
    path("sessions/new/", sessions.new, name="session_new"),
    path("sessions/<uuid:id>/", sessions.session, name="session"),
    path("sessions/<uuid:id>/find/", sessions.find, name="find"),
    path("sessions/<uuid:id>/hold/", sessions.hold, name="session_hold"),
    path("sessions/<uuid:id>/cancel/", sessions.cancel, name="session_cancel"),
    path("sessions/<uuid:id>/restore/", sessions.restore, name="session_restore"),
    path("sessions/<uuid:session_id>/<uuid:patient_id>/", checkups.new, name="checkup_new"),
    path("checkups/<uuid:id>/", checkups.checkup, name="checkup"),
    path("checkups/<uuid:id>/edit/", checkups.edit, name="checkup_edit"),
    path("advised/", advice.advised, name="advised"),
    path("checkups/<uuid:id>/advice/", advice.end, name="advice_end"),
    path("checkups/<uuid:id>/versions/", checkups.versions, name="checkup_versions"),
    path("checkups/<uuid:id>/void/", checkups.void, name="checkup_void"),
    path("routes/", routes.routes, name="routes"),
    path("routes/new/", routes.route, name="route_new"),
    path("routes/<int:id>/", routes.route, name="route"),
]
