"""The words of this room's broken rules, by code."""

from django.utils.translation import gettext_noop as _

WORDS: dict[str, str] = {
    "mobile_team.no_such_tooth": _("There is no tooth %(tooth)s."),
    "mobile_team.no_such_code": _("Tooth %(tooth)s cannot have the code “%(mark)s”."),
    "mobile_team.chart_unreadable": _("This chart cannot be read. Mark the teeth again."),
    "mobile_team.chart_or_counts": _("Mark the teeth or write counts, not both."),
    "mobile_team.span_backwards": _("The last day is before the first."),
    "mobile_team.span_too_long": _("Plan at most %(days)s days at once."),
    "mobile_team.route_needs_a_name": _("Write a name for the route, in Khmer or English."),
    "mobile_team.route_needs_a_stop": _("Choose at least one village."),
    "mobile_team.village_twice": _("A village can be on a route only once."),
    "mobile_team.no_such_session": _("This session is not there any more."),
    "mobile_team.session_in_future": _("This session lies in the future. It can be held on its day."),
    "mobile_team.session_has_checkups": _("People were seen in this session, so it cannot be cancelled."),
    "mobile_team.reason_missing": _("Say why."),
    "mobile_team.checkup_void": _("This check-up was entered in error and cannot be changed."),
    "constraint.mobile_checkup_once": _(
        "This person has been checked in this session already. Open that check-up to correct it."
    ),
    "constraint.mobile_session_once": _("This village has a session on this day already."),
    "constraint.mobile_stop_once": _("A village can be on a route only once."),
    "constraint.mobile_route_weekday": _("Choose a day of the week."),
    "constraint.mobile_cancelled_needs_a_reason": _("Say why the session was cancelled."),
    "constraint.mobile_checkup_urgency": _("Choose how urgent it is."),
    "constraint.mobile_checkup_counts_possible": _("Nobody has so many teeth: 20 milk teeth and 32 permanent at most."),
    "constraint.mobile_tooth_once": _("A tooth can be marked only once."),
    "constraint.mobile_tooth_and_code": _("This code does not belong to this tooth."),
    "constraint.mobile_stop_months": _("Say from which month to which there is no way, both or neither."),
    "constraint.mobile_moved_needs_a_reason": _("Say why the session was moved."),
    "constraint.mobile_tooth_pufa": _("This mark does not belong to a tooth."),
    "constraint.mobile_treated_once": _("One thing can be done to a tooth only once in a check-up."),
    "constraint.mobile_mouth_treated_once": _("One thing can be done to the whole mouth only once in a check-up."),
    "constraint.mobile_treated_tooth": _("There is no such tooth."),
    "constraint.mobile_version_once": _("Somebody else changed this check-up at the same moment. Try again."),
    "constraint.mobile_other_topic_named": _("Say what the talk was about."),
    "constraint.mobile_talk_handed": _("So many cannot have been handed out."),
    "constraint.mobile_audience_once": _("Count each audience only once."),
    "constraint.mobile_heads_possible": _("So many cannot have listened."),
    "constraint.mobile_kit_line_once": _("Each item stands in a kit only once."),
    "constraint.mobile_kit_possible": _("So many do not fit into a kit."),
}
