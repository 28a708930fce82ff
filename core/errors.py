"""What can go wrong, as codes; the words for each code live in a table on the Django side."""


class RuleBroken(Exception):
    """Say that a rule of the domain refuses what was asked.

    `code` is dotted ("clinic.date_in_future"), `field` names the input it belongs to, and `params`
    fill the sentence a person reads. Forms, sync and REST all turn this one exception into words.
    """

    def __init__(self, code: str, field: str | None = None, **params: object) -> None:
        super().__init__(code)
        self.code = code
        self.field = field
        self.params = params

    def __str__(self) -> str:
        return self.code

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.code!r}, field={self.field!r}, **{self.params!r})"


class Conflict(RuleBroken):
    """Say that the record changed since it was read, or that another one already holds the place."""


class NotAllowed(Exception):
    """Say that this person's role does not grant `action`."""

    def __init__(self, action: str) -> None:
        super().__init__(action)
        self.action = action
