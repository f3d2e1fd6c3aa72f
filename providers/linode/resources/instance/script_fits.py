"""What is wrong with the use of a StackScript: the image that it takes, and what it asks for. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from pulumi.output import Unknown

from providers.linode.core.account_records import StackScript, UserDefinedField
from providers.linode.core.problems import Problem
from providers.linode.nearest import did_you_mean
from providers.linode.resources.instance.inputs import is_unknown

Props = Mapping[str, object]

ANY_IMAGE = "any/all"


def misscripted(inputs: Props, props: Props, scripts: Mapping[int, StackScript] | None) -> Iterator[Problem]:
    """Everything wrong with stackscript_id and stackscript_data; None are scripts that can't be known."""
    wanted, image = inputs.get("stackscript_id"), inputs.get("image")
    if scripts is None or not isinstance(wanted, int):
        return
    script = scripts.get(wanted)
    if script is None:
        yield Problem(
            "stackscript_id", f"{wanted} is no StackScript that this account may use. Next: correct it."
        )
        return
    if isinstance(image, str) and not {ANY_IMAGE, image} & set(script.images):
        near = did_you_mean(image, script.images)
        yield Problem(
            "stackscript_id", f"{wanted} ({script.label}) does not take {image}{near}. Next: change either."
        )
    if not isinstance(props.get("stackscript_data"), Unknown):
        yield from _script_data(props.get("stackscript_data"), script)


def _script_data(given: object, script: StackScript) -> Iterator[Problem]:
    """Names only: the values are secret."""
    data = given if isinstance(given, Mapping) else {}
    fields = {each.name: each for each in script.user_defined_fields}
    for name, each in fields.items():
        if name not in data and each.default is None and each.header is None:
            yield Problem(
                "stackscript_data", f"lacks {name!r}, which StackScript {script.id} needs. Next: give it."
            )
    for name, value in data.items():
        if name not in fields:
            near = did_you_mean(str(name), fields)
            yield Problem(
                "stackscript_data",
                f"has {name!r}, which StackScript {script.id} does not ask for{near}. Next: correct it.",
            )
        elif not is_unknown(value) and (words := _refusing(fields[name], value)):
            yield Problem(
                "stackscript_data", f"has for {name!r} none of {', '.join(words)}. Next: choose from these."
            )


def _refusing(field: UserDefinedField, value: object) -> list[str]:
    """The words that a field takes, where the value is another."""
    words = [word.strip() for word in (field.one_of or field.many_of or "").split(",") if word.strip()]
    given = [str(value)] if field.one_of else [word.strip() for word in str(value).split(",")]
    return [] if set(given) <= set(words) else words
