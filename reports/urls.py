"""Addresses of this room."""

from django.urls import path

from reports import api
from reports.views import bands, behind, building, dashboard, dhis2, figures, issues, ministry, ministry_layout, tallies

app_name = "reports"
urlpatterns = [
    path("", figures.home, name="home"),
    path("dashboard/", dashboard.show, name="dashboard"),
    path("month/<str:month>/", figures.month, name="month"),
    path("year/<str:year>/", figures.year, name="year"),
    path("behind/<str:figure>/", behind.show, name="behind"),
    path("paper/", figures.make_paper, name="paper"),
    path("issues/waiting/", issues.waiting, name="waiting"),
    path("issues/new/", issues.issue_paper, name="issue_new"),
    path("issues/<uuid:id>/", issues.issue, name="issue"),
    path("issues/<uuid:id>/again/", issues.reissue, name="reissue"),
    path("issues/<uuid:id>/<str:name>", issues.file, name="issue_file"),
    path("build/", building.builder, name="build"),
    path("build/keep/", building.keep, name="keep"),
    path("build/file.<str:kind>", building.built_file, name="built_file"),
    path("saved/", building.saved_list, name="saved"),
    path("saved/<uuid:id>/", building.saved_one, name="saved_one"),
    path("saved/<uuid:id>/file.<str:kind>", building.saved_file, name="saved_file"),
    path("saved/<uuid:id>/away/", building.saved_retire, name="saved_retire"),
    path("made/<uuid:id>/<uuid:file_id>/", building.run_file, name="run_file"),
    path("bands/", bands.band_sets, name="bands"),
    path("bands/new/", bands.band_set_new, name="bands_new"),
    path("bands/<slug:key>/", bands.band_set_change, name="bands_change"),
    path("bands/<slug:key>/retire/", bands.band_set_retire, name="bands_retire"),
    path("ministry/", ministry.home, name="ministry"),
    path("ministry/sent/<uuid:id>/", dhis2.receipt, name="sending"),
    path("ministry/sent/<uuid:id>/body.json", dhis2.sent_body, name="sending_body"),
    path("ministry/sent/<uuid:id>/stop/", dhis2.stop, name="sending_stop"),
    path("ministry/sent/<uuid:id>/now/", dhis2.hurry, name="sending_now"),
    path("ministry/<slug:key>/layout/", ministry_layout.layout_of, name="ministry_layout"),
    path("ministry/<slug:key>/layout/form/", ministry_layout.form_change, name="ministry_change"),
    path("ministry/<slug:key>/layout/block/", ministry_layout.block_new, name="ministry_block_new"),
    path("ministry/<slug:key>/layout/block/<uuid:id>/", ministry_layout.block_change, name="ministry_block"),
    path("ministry/<slug:key>/layout/block/<uuid:id>/line/", ministry_layout.line_new, name="ministry_line_new"),
    path("ministry/<slug:key>/layout/line/<uuid:id>/", ministry_layout.line_change, name="ministry_line"),
    path("ministry/<slug:key>/layout/<str:what>/<uuid:id>/move/", ministry_layout.move, name="ministry_move"),
    path("ministry/<slug:key>/places/", dhis2.mapping, name="mapping"),
    path("ministry/<slug:key>/places.csv", dhis2.mapping_csv, name="mapping_csv"),
    path("ministry/<slug:key>/places/<uuid:id>/", dhis2.mapping_line, name="mapping_line"),
    path("ministry/<slug:key>/<str:month>/", ministry.show, name="ministry_form"),
    path("ministry/<slug:key>/<str:month>/send/", dhis2.send, name="ministry_send"),
    path("ministry/<slug:key>/<str:month>/dhis2.<str:kind>", dhis2.carried, name="ministry_carried"),
    path("ministry/<slug:key>/<str:month>/paper/<str:language>/", ministry.paper, name="ministry_paper"),
    path(
        "ministry/<slug:key>/<str:month>/<slug:block>/<slug:line>/<str:column>/", ministry.parts, name="ministry_parts"
    ),
    path("tallies/", tallies.show, name="tallies"),
    path("tallies/alarm/", tallies.alarm, name="alarm"),
    path("tallies/again/", tallies.again, name="recount"),
    path("api/figures/", api.Figures.as_view(), name="api"),
]
