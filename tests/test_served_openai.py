"""Models behind a server that speaks OpenAI's API: same results as here, streams, refusals, and servers that lie."""

import asyncio
import base64
import logging
import ssl
import subprocess
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from shutil import which
from typing import Any

import numpy as np
import pytest
import tiny_encoders
import tiny_models
from model_server import ModelServer, answering, dripping, event, hang_up, serving, streaming

from nlp.core import Core
from nlp.errors import CoreError, JobFailed, JobTooLong, ModelRefused, ModelUnavailable
from nlp.hub.model_card import measured
from nlp.jobs import Embed, Generate, Turn
from nlp.models import family
from nlp.remote import server as remote
from nlp.scheduler.family import Binding, Endpoint

TEXTS = ["the deploy is on friday", "lunch at noon", "we moved the meeting to three because the room was taken"]
ASKED = [Turn("user", "who broke the build again")]


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    place: Path = tmp_path_factory.mktemp("models")
    embedder = Binding("embed", "embedder", str(tiny_encoders.bert_encoder(place / "embedder")))
    causal = Binding("generate", "causal", str(tiny_models.llama(place / "causal")), dtype="float32")
    return {each.task: family(each.family).load(each, "cpu") for each in (embedder, causal)}


@pytest.fixture
def served(models: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> Iterator[ModelServer]:
    monkeypatch.setattr(remote, "PAUSES", (0.0, 0.0, 0.0))
    with serving(ModelServer(models)) as server:
        yield server


def bound(server: ModelServer, task: str, **options: Any) -> Binding:
    return Binding(task, "openai", "tiny", endpoint=Endpoint(f"{server.url}/v1"), options=options)


async def embedded(binding: Binding, texts: list[str]) -> Any:
    async with Core([binding]) as core:
        return await core.embed(texts)


async def written(binding: Binding, **more: Any) -> Any:
    async with Core([binding]) as core:
        return await core.generate(ASKED, max_tokens=8, **more)


# What it does.


async def test_vectors_of_a_server_are_those_of_its_model_in_the_texts_order(served: ModelServer, models):  # noqa: ANN001
    rows = await embedded(bound(served, "embed"), TEXTS)
    here = models["embed"]
    alone = np.stack([here.run(here.prepare([job]), lambda _: False)[0] for job in jobs_of(TEXTS)])
    assert np.allclose(rows, alone, atol=1e-6)


def jobs_of(texts: list[str]) -> list[Any]:
    return [Embed(text) for text in texts]


async def test_a_list_of_texts_is_one_request(served: ModelServer):
    async with Core([bound(served, "embed")]) as core:
        await core.embed(TEXTS[:1])
        served.asked.clear()
        await core.embed([*TEXTS] * 5)
    lists = [body["input"] for path, body in served.asked if path == "/v1/embeddings"]
    assert sum(map(len, lists)) == 15
    assert len(lists) <= 3


async def test_a_list_that_is_too_long_for_the_server_is_sent_in_halves(served: ModelServer):
    served.most = 2
    binding = bound(served, "embed")
    model = family("openai").load(binding, "auto")
    rows = model.run(model.prepare(jobs_of(TEXTS * 3)), lambda _: False)
    assert [len(row) for row in rows] == [32] * 9
    assert np.allclose(rows[0], rows[3], atol=1e-6)
    assert [len(body["input"]) for _, body in served.asked if body and len(body["input"]) <= 2].count(1) == 1


async def test_prompts_go_before_texts_as_the_embedder_was_trained(served: ModelServer):
    binding = bound(served, "embed", query_prompt="query: ", document_prompt="passage: ")
    async with Core([binding]) as core:
        await core.embed(["noon"], query=True)
        await core.embed(["noon"])
    assert [body["input"] for _, body in served.asked if body] == [["query: noon"], ["passage: noon"]]


async def test_a_text_is_the_models_own_and_its_pieces_come_while_it_is_written(served: ModelServer, models):  # noqa: ANN001
    pieces: list[str] = []
    made = await written(bound(served, "generate"), on_text=pieces.append)
    here = models["generate"]
    (alone,) = here.run(here.prepare([Generate(tuple(ASKED), 8)]), lambda _: False)
    assert (made.text, made.tokens, made.cut) == (alone.text, alone.tokens, alone.cut)
    assert "".join(pieces) == made.text
    assert len(pieces) > 1


async def test_a_server_that_does_not_stream_is_read_too(served: ModelServer):
    made = await written(bound(served, "generate", extra={"stream": False}))
    assert made.text
    assert made.tokens == 8


async def test_a_summary_and_a_translation_are_asked_for_in_words(served: ModelServer):
    summary, pair = bound(served, "summarize"), bound(served, "translate", languages=["en", "fr"])
    async with Core([summary, pair]) as core:
        await core.summarize(["Ana: noon it is."], max_tokens=8)
        await core.translate(["the boats are out"], "en", "fr")
    first, second = (body["messages"] for path, body in served.asked if path.endswith("completions"))
    assert "Ana: noon it is." in first[0]["content"]
    assert "from English into French" in second[1]["content"]


async def test_many_are_written_at_the_same_time(served: ModelServer):
    served.slow = 0.05
    async with Core([bound(served, "generate")]) as core:
        made = await asyncio.gather(*(core.generate(ASKED, max_tokens=4) for _ in range(8)))
        assert len({each.text for each in made}) == 1
        assert len([body for body in served.asked if body[1]]) == 8
        assert sum(thread.name.startswith("run_forever") for thread in core.batchers()[0]._threads) == 16


async def test_a_text_that_nobody_waits_for_closes_its_connection(served: ModelServer):
    served.slow = 0.1
    async with Core([bound(served, "generate")]) as core:
        begun = asyncio.Event()
        task = asyncio.create_task(core.generate(ASKED, max_tokens=200, on_text=lambda _: begun.set()))
        await asyncio.wait_for(begun.wait(), 20)
        task.cancel()
        for _ in range(200):
            if served.gone:
                break
            await asyncio.sleep(0.02)
    assert served.gone == ["/v1/chat/completions"]


async def test_closing_the_core_ends_what_is_under_way(served: ModelServer):
    served.slow = 0.1
    async with Core([bound(served, "generate")]) as core:
        task = asyncio.create_task(core.generate(ASKED, max_tokens=200))
        while "/v1/chat/completions" not in served.paths():  # noqa: ASYNC110 - another thread's list
            await asyncio.sleep(0.02)
        await core.close()
        with pytest.raises(CoreError):
            await task


def test_vectors_are_kept_under_a_key_that_names_server_and_model():
    one = Binding("embed", "openai", "tiny", endpoint=Endpoint("http://127.0.0.1:1/v1"))
    elsewhere = replace(one, endpoint=Endpoint("http://127.0.0.1:2/v1"))
    keys = {measured(each).keys[0] for each in (one, elsewhere, replace(one, model="other"))}
    assert len(keys) == 3
    assert "tiny at http://127.0.0.1:1/v1" in measured(one).keys[0]


def test_how_a_server_is_reached_does_not_make_other_vectors():
    one = Binding("embed", "openai", "tiny", endpoint=Endpoint("https://models.example/v1"))
    reached = Endpoint("https://models.example/v1", leaves_machine=True, ca_file="a", timeout=1, api_key="k")
    assert measured(replace(one, endpoint=reached)).keys == measured(one).keys


def test_a_key_is_shown_in_no_repr():
    assert "hush" not in repr(Binding("embed", "openai", "tiny", endpoint=Endpoint("http://a", api_key="hush")))


# What it refuses.


async def test_a_model_that_the_server_does_not_list_is_refused_with_those_that_it_does(served: ModelServer):
    served.name = "another"
    with pytest.raises(ModelRefused, match="isn't among the models") as refusal:
        await written(bound(served, "generate"))
    assert "another" in refusal.value.remedy


async def test_a_listed_name_may_end_in_latest(served: ModelServer):
    served.name = "tiny:latest"
    assert (await written(bound(served, "generate"))).text


async def test_a_prompt_longer_than_the_model_is_too_long(served: ModelServer):
    async with Core([bound(served, "generate")]) as core:
        with pytest.raises(JobTooLong):
            await core.generate([Turn("user", "a" * 2_000)], max_tokens=8)


async def test_a_prompt_beyond_the_owners_window_is_never_sent(served: ModelServer):
    async with Core([bound(served, "generate", window=50)]) as core:
        with pytest.raises(JobTooLong):
            await core.generate([Turn("user", "a" * 500)], max_tokens=8)
    assert served.paths() == ["/v1/models"]


async def test_the_window_that_a_server_lists_holds(served: ModelServer):
    served.extra = {"max_model_len": 50}
    async with Core([bound(served, "generate")]) as core:
        with pytest.raises(JobTooLong):
            await core.generate([Turn("user", "a" * 500)], max_tokens=8)


async def test_a_binding_without_url_says_so():
    with pytest.raises(ModelRefused, match="needs the url"):
        await written(Binding("generate", "openai", "tiny"))


async def test_nobody_there_is_a_sentence(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(remote, "PAUSES", (0.0,))
    nowhere = Binding("generate", "openai", "tiny", endpoint=Endpoint("http://127.0.0.1:9/v1"))
    with pytest.raises(ModelUnavailable, match=r"can't be reached, so generate is off"):
        await written(nowhere)


async def test_a_wrong_key_is_a_sentence_and_stays_unsaid(served: ModelServer, caplog: pytest.LogCaptureFixture):
    caplog.set_level(logging.DEBUG)
    served.key = "right-0123456789"
    binding = bound(served, "generate")
    wrong = replace(binding, endpoint=Endpoint(f"{served.url}/v1", api_key="wrong-9876543210"))
    with pytest.raises(ModelRefused, match="doesn't accept the key") as refusal:
        await written(wrong)
    assert "9876543210" not in f"{refusal.value} {refusal.value.remedy} {caplog.text}"
    right = replace(binding, endpoint=Endpoint(f"{served.url}/v1", api_key=served.key))
    assert (await written(right)).text


# Where texts may go.


@pytest.mark.parametrize("host", ["203.0.113.7", "[2001:db8::1]", "169.254.169.254", "0.0.0.0"])
async def test_a_host_outside_of_private_networks_is_refused_unless_the_owner_says_so(host: str):
    away = Binding("generate", "openai", "tiny", endpoint=Endpoint(f"https://{host}/v1"))
    with pytest.raises(ModelRefused, match="would leave this machine") as refusal:
        await written(away)
    assert "leaves_machine = true" in refusal.value.remedy


async def test_a_name_that_stands_for_such_a_host_is_refused_too(monkeypatch: pytest.MonkeyPatch):
    async def lookup(*_: Any, **__: Any) -> Any:
        return [{"hostname": "models.example", "host": "203.0.113.7", "port": 443, "family": 2, "proto": 6, "flags": 0}]

    monkeypatch.setattr("nlp.remote.addresses.ThreadedResolver.resolve", lookup)
    away = Binding("generate", "openai", "tiny", endpoint=Endpoint("https://models.example/v1"))
    with pytest.raises(ModelRefused, match="would leave this machine"):
        await written(away)


async def test_texts_never_go_unencrypted_beyond_private_networks():
    away = Endpoint("http://203.0.113.7/v1", leaves_machine=True)
    with pytest.raises(ModelRefused, match="unencrypted"):
        await written(Binding("generate", "openai", "tiny", endpoint=away))


@pytest.fixture
def certificate(tmp_path: Path) -> Path:
    """A certificate of this machine's address that nobody vouches for, with its key beside it."""
    if not which("openssl"):
        pytest.skip("openssl isn't here to make a certificate")
    names = ["-subj", "/CN=models", "-addext", "subjectAltName=IP:127.0.0.1", "-days", "2"]
    files = ["-keyout", str(tmp_path / "key.pem"), "-out", str(tmp_path / "ca.pem")]
    key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
    subprocess.run(["openssl", "req", "-x509", *key, *names, *files], check=True, capture_output=True)
    return tmp_path / "ca.pem"


async def test_a_certificate_is_believed_only_if_its_authority_is(models, certificate: Path):  # noqa: ANN001
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, certificate.with_name("key.pem"))
    with serving(ModelServer(models), context) as server:
        with pytest.raises(ModelRefused, match="certificate of 127"):
            await written(bound(server, "generate"))
        believed = Endpoint(f"{server.url}/v1", ca_file=str(certificate))
        assert (await written(replace(bound(server, "generate"), endpoint=believed))).text
        elsewhere = Endpoint(server.url.replace("127.0.0.1", "localhost") + "/v1", ca_file=str(certificate))
        with pytest.raises(ModelRefused, match="certificate of localhost"):
            await written(replace(bound(server, "generate"), endpoint=elsewhere))


async def test_a_file_of_authorities_that_is_none_is_named(tmp_path: Path):
    file = tmp_path / "ca.pem"
    file.write_text("nothing", encoding="utf-8")
    with pytest.raises(ModelRefused, match="can't be read"):
        await written(Binding("generate", "openai", "tiny", endpoint=Endpoint("https://a/v1", ca_file=str(file))))


# A server that lies.

ROW = {"index": 0, "embedding": [1.0, 0.0]}
NAN = b'{"data": [{"index": 0, "embedding": [NaN, 1.0]}]}'
LIES = {
    "no rows": answering({"data": []}),
    "too many rows": answering({"data": [ROW, {**ROW, "index": 1}]}),
    "another index": answering({"data": [{**ROW, "index": 7}]}),
    "not a number": answering(NAN),
    "infinity": answering({"data": [{**ROW, "embedding": [float("inf"), 1.0]}]}),
    "zeros": answering({"data": [{**ROW, "embedding": [0.0, 0.0]}]}),
    "words": answering({"data": [{**ROW, "embedding": ["1", "2"]}]}),
    "no vector": answering({"data": [{**ROW, "embedding": []}]}),
    "vectors in vectors": answering({"data": [{**ROW, "embedding": [[1.0], [2.0]]}]}),
    "half a number": answering({"data": [{**ROW, "embedding": base64.b64encode(b"12345").decode()}]}),
    "very many numbers": answering({"data": [{**ROW, "embedding": [0.1] * 20_000}]}),
    "a page": answering(b"<html>Sign in</html>", kind="text/html"),
    "nothing": answering(b""),
    "brackets": answering(b"[" * 100_000),
    "a list": answering([1, 2]),
    "a huge body": answering(b" " * (3 << 20)),
}


@pytest.mark.parametrize("lie", LIES)
async def test_vectors_that_were_not_asked_for_are_refused(served: ModelServer, lie: str):
    served.faults = [LIES[lie]]
    with pytest.raises(ModelRefused, match=r"tiny at 127\.0\.0\.1:\d+ sent "):
        await embedded(bound(served, "embed"), ["noon"])


async def test_vectors_of_another_length_than_before_are_refused(served: ModelServer):
    async with Core([bound(served, "embed")]) as core:
        await core.embed(["noon"])
        served.faults = [answering({"data": [ROW]})]
        with pytest.raises(ModelRefused, match="vectors of 2 numbers after some of 32"):
            await core.embed(["noon"])


async def test_an_answer_without_end_is_left_in_time(served: ModelServer):
    served.faults = [dripping(b" ")]
    binding = bound(served, "embed")
    hasty = replace(binding, endpoint=Endpoint(f"{served.url}/v1", timeout=0.5))
    with pytest.raises(ModelUnavailable, match=r"didn't answer within 0\.5 seconds"):
        await embedded(hasty, ["noon"])


async def test_a_redirect_is_not_followed(served: ModelServer):
    served.faults = [answering(b"", status=307, Location="http://203.0.113.7/v1/embeddings")]
    with pytest.raises(ModelRefused, match="send the request on"):
        await embedded(bound(served, "embed"), ["noon"])
    assert served.paths().count("/v1/embeddings") == 1


@pytest.mark.parametrize("fault", [
    answering({"error": "busy"}, status=429, **{"Retry-After": "0"}), answering(b"oops", status=500),
    answering(b"oops", status=503), hang_up, streaming(b"{", kind="application/json"),
], ids=["429", "500", "503", "hang-up", "cut"])  # fmt: skip
async def test_what_passes_is_tried_again(served: ModelServer, fault: Any):
    served.faults = [fault, fault]
    assert (await embedded(bound(served, "embed"), ["noon"])).shape == (1, 32)
    assert served.paths().count("/v1/embeddings") == 3


@pytest.mark.parametrize("status", [400, 401, 403, 404, 422, 418])
async def test_what_does_not_pass_is_asked_once(served: ModelServer, status: int):
    served.faults = [answering({"error": "no"}, status=status)]
    with pytest.raises(CoreError):
        await embedded(bound(served, "embed"), ["noon"])
    assert served.paths().count("/v1/embeddings") == 1


async def test_a_server_that_never_recovers_is_left_after_four_tries(served: ModelServer):
    served.faults = [answering(b"oops", status=500)] * 9
    with pytest.raises(ModelUnavailable, match="failed with status 500"):
        await embedded(bound(served, "embed"), ["noon"])
    assert served.paths().count("/v1/embeddings") == 4


async def test_a_server_that_asks_to_wait_for_long_is_not_waited_for(served: ModelServer):
    served.faults = [answering(b"", status=429, **{"Retry-After": "3600"})]
    with pytest.raises(ModelUnavailable, match="too much to do") as refusal:
        await embedded(bound(served, "embed"), ["noon"])
    assert "3600 seconds" in refusal.value.remedy


PIECE = event({"choices": [{"delta": {"content": "noon"}, "finish_reason": None}]})


async def test_a_text_that_breaks_off_after_its_beginning_was_shown_is_not_begun_again(served: ModelServer):
    served.faults = [streaming(PIECE)]
    with pytest.raises(JobFailed, match="broke off"):
        await written(bound(served, "generate"), on_text=lambda _: None)
    assert served.paths().count("/v1/chat/completions") == 1


@pytest.mark.parametrize("abort", [True, False], ids=["cut", "ended"])
async def test_a_text_that_breaks_off_unseen_is_written_again(served: ModelServer, abort: bool):  # noqa: FBT001
    served.faults = [streaming(PIECE, abort=abort)]
    assert (await written(bound(served, "generate"))).tokens == 8
    assert served.paths().count("/v1/chat/completions") == 2


@pytest.mark.parametrize("fault", [
    streaming(b"data: {\n\n", abort=False), streaming(event({"error": {"message": "x"}}), abort=False),
    streaming(event({"choices": ["a"]}), abort=False), streaming(b"data: " + b"a" * (1 << 20), abort=False),
    answering(b"<html>", kind="text/html"),
], ids=["json", "error", "form", "line", "page"])  # fmt: skip
async def test_a_stream_in_another_form_is_refused(served: ModelServer, fault: Any):
    served.faults = [fault]
    with pytest.raises(ModelRefused, match="sent "):
        await written(bound(served, "generate"))


async def test_a_text_that_does_not_end_where_it_should_is_cut(served: ModelServer):
    served.faults = [dripping(PIECE, 0.0, "text/event-stream")]
    made = await written(bound(served, "generate"))
    assert made.cut
    assert len(made.text) == 8 * 32


async def test_neither_text_nor_what_a_server_says_of_it_is_logged(
    served: ModelServer, caplog: pytest.LogCaptureFixture
):
    caplog.set_level(logging.DEBUG)
    secret = "the launch is on friday"
    served.faults = [answering({"error": secret}, status=status) for status in (500, 429, 503, 500, 400)]
    async with Core([bound(served, "generate")]) as core:
        for _ in range(2):
            with pytest.raises(CoreError) as refusal:
                await core.generate([Turn("user", secret)], max_tokens=4)
            assert secret not in f"{refusal.value} {refusal.value.remedy}"
    assert secret not in caplog.text
