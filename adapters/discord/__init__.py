"""Discord: mentions, app commands, context menus, reactions, threads and buttons, through one adapter.

The only place that knows discord.py. `docs/discord.md` is the owner's guide.
"""

from adapters.platform.contract import Errand, Platform, SetupSecret

PLATFORM = Platform(
    adapter="adapters.discord.app:DiscordAdapter",
    settings="adapters.discord.settings:DiscordSettings",
    check="adapters.discord.check:check",
    summary="Add Parley to a Discord server.",
    questions=(
        SetupSecret(
            "token",
            "Discord's bot token",
            "token",
            "It stands under Bot, Reset Token, at https://discord.com/developers/applications.",
        ),
    ),
    creates="adapters.discord.invite:create",
    after="on Discord: parley discord invite prints the link that adds Parley; /consent on has a channel kept.",
    errands=(
        Errand(
            "invite",
            "Print the link that adds Parley to a server, with exactly the permissions that it uses.",
            "adapters.discord.invite:print_invitation",
        ),
    ),
)
