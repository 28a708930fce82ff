"""Addresses of this room."""

from django.urls import path

from mobile_team.views import advice, changes, checkups, papers, routes, sessions, talks, week

app_name = "mobile_team"
urlpatterns = [
    path("", week.week, name="week"),
    path("month/", week.month, name="month"),
    path("plan/", week.plan, name="plan"),
    path("plan/change/", changes.many, name="many"),
    path("villages/", week.villages, name="villages"),
    path("sessions/new/", sessions.new, name="session_new"),
    path("sessions/<uuid:id>/", sessions.session, name="session"),
    path("sessions/<uuid:id>/find/", sessions.find, name="find"),
    path("sessions/<uuid:id>/hold/", sessions.hold, name="session_hold"),
    path("sessions/<uuid:id>/cancel/", changes.cancel, name="session_cancel"),
    path("sessions/<uuid:id>/restore/", changes.restore, name="session_restore"),
    path("sessions/<uuid:id>/move/", changes.move, name="session_move"),
    path("sessions/<uuid:id>/edit/", changes.describe, name="session_edit"),
    path("sessions/<uuid:id>/day-sheet/", papers.day_sheet, name="day_sheet"),
    path("sessions/<uuid:id>/tally/", papers.tally, name="session_tally"),
    path("sessions/<uuid:session_id>/talks/new/", talks.new, name="talk_in"),
    path("sessions/<uuid:session_id>/<uuid:patient_id>/", checkups.new, name="checkup_new"),
    path("checkups/<uuid:id>/", checkups.checkup, name="checkup"),
    path("checkups/<uuid:id>/edit/", checkups.edit, name="checkup_edit"),
    path("advised/", advice.advised, name="advised"),
    path("checkups/<uuid:id>/advice/", advice.end, name="advice_end"),
    path("checkups/<uuid:id>/versions/", checkups.versions, name="checkup_versions"),
    path("checkups/<uuid:id>/void/", checkups.void, name="checkup_void"),
    path("talks/", talks.month, name="talks"),
    path("talks/new/", talks.new, name="talk_new"),
    path("talks/<uuid:id>/", talks.talk, name="talk"),
    path("talks/<uuid:id>/edit/", talks.edit, name="talk_edit"),
    path("talks/<uuid:id>/void/", talks.void, name="talk_void"),
    path("routes/", routes.routes, name="routes"),
    path("routes/new/", routes.route, name="route_new"),
    path("routes/<int:id>/", routes.route, name="route"),
]
