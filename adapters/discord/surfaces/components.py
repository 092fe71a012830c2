"""Buttons, context menus and forms: what is pressed goes to what it stands for, also when an earlier run showed it."""

import logging
from dataclasses import dataclass, field

import discord

from adapters.chat import Message
from adapters.discord.commands import ASK
from adapters.discord.messages import message_of, text_of
from adapters.discord.requests import QUESTION, Reader, place_in
from adapters.discord.service import Service
from adapters.discord.surfaces import actions
from adapters.discord.surfaces.outgoing import post
from adapters.discord.surfaces.rendering import Rendered
from adapters.discord.words import say
from adapters.text.coerce import mapping, string

log = logging.getLogger(__name__)

MOST_KEPT = 500
MOST_QUESTION = 1_000
MOST_TITLE = 60
WELCOME = "Let's go on here; there is no need to mention me."
NO_THREAD = "I may not open a thread here."


@dataclass(frozen=True, slots=True)
class Components:
    """Serves what people press. `_targets` are the messages that open forms are about, by their id."""

    reader: Reader
    service: Service
    _targets: dict[int, Message] = field(default_factory=dict)

    async def menu(self, interaction: discord.Interaction, name: str, message: discord.Message) -> None:
        """Serve an entry of a message's menu: ask at once, or open a form first."""
        if name == ASK:
            await self._open_form(interaction, message)
        else:
            await self.service.serve(self.reader.menu(interaction, name, message))

    async def _open_form(self, interaction: discord.Interaction, message: discord.Message) -> None:
        if len(self._targets) >= MOST_KEPT:
            del self._targets[next(iter(self._targets))]
        self._targets[message.id] = message_of(message)
        locale = interaction.locale.value
        form = discord.ui.Modal(
            title=say(ASK, locale), custom_id=actions.plain(actions.ASK, str(message.id)), timeout=None
        )
        words: discord.ui.TextInput[discord.ui.View] = discord.ui.TextInput(
            label=say("Your question", locale),
            custom_id=QUESTION,
            style=discord.TextStyle.paragraph,
            max_length=MOST_QUESTION,
        )
        form.add_item(words)
        form.stop()  # the library forgets it at once: what is sent is read here
        await interaction.response.send_modal(form)

    async def take(self, interaction: discord.Interaction) -> None:
        """Serve a button or a sent form; a command has its own way."""
        if interaction.type not in (discord.InteractionType.component, discord.InteractionType.modal_submit):
            return
        kind, payload = actions.split(string(mapping(interaction.data).get("custom_id")))
        if interaction.type is discord.InteractionType.modal_submit:
            target = self._targets.get(int(payload)) if payload.isascii() and payload.isdecimal() else None
            await self.service.serve(self.reader.submitted(interaction, payload, [target] if target else []))
        elif kind == actions.CANCEL:
            await self._cancel(interaction, payload)
        elif kind == actions.THREAD:
            await self._open_thread(interaction)
        else:
            await self.service.serve(self.reader.pressed(interaction, kind, payload))

    async def _cancel(self, interaction: discord.Interaction, key: str) -> None:
        refusal = await self.service.cancel(key, str(interaction.user.id), place_in(interaction))
        if refusal:
            await interaction.response.send_message(say(refusal, interaction.locale.value), ephemeral=True)
        else:
            await interaction.response.defer()

    async def _open_thread(self, interaction: discord.Interaction) -> None:
        """Open a thread on the reply, in which people speak to Parley without a mention."""
        message = interaction.message
        await interaction.response.defer()
        if message is None:
            return
        try:
            title = " ".join(text_of(message).split())[:MOST_TITLE].rstrip(" ,—") or "Parley"
            thread = await message.create_thread(name=title, auto_archive_duration=1440)
            await post(
                thread, [Rendered((say(WELCOME, interaction.locale.value),))], self.service.settings, str(thread.id)
            )
            await message.edit(view=actions.view_without(actions.plain(actions.THREAD), message), suppress=True)
        except discord.HTTPException as error:
            log.info("a thread could not be opened: %s", error.code)
            await interaction.followup.send(say(NO_THREAD, interaction.locale.value), ephemeral=True)
