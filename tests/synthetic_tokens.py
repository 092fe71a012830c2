"""Tokens that no service ever gave out, in the forms that services document: what redaction must find.

Each is put together from a prefix and random characters, so that no scanner takes this file for a leak. Written from
the services' pages and from tokens seen in their examples, not from Parley's own patterns.
"""

import random
from collections.abc import Callable, Iterator, Mapping

UPPER, LOWER, DIGITS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ", "abcdefghijklmnopqrstuvwxyz", "0123456789"
ALNUM, HEX = UPPER + LOWER + DIGITS, DIGITS + "abcdef"
URL = ALNUM + "-_"
CAPITALS = UPPER + DIGITS

Make = Callable[[random.Random], str]


def run(*parts: str | tuple[str, int]) -> Make:
    """Fixed pieces as they are, and (characters, length) as random ones."""

    def make(rng: random.Random) -> str:
        return "".join(each if isinstance(each, str) else "".join(rng.choices(each[0], k=each[1])) for each in parts)

    return make


def uuid(rng: random.Random) -> str:
    return "-".join("".join(rng.choices(HEX, k=size)) for size in (8, 4, 4, 4, 12))


def with_uuid(before: str, after: str = "") -> Make:
    return lambda rng: before + uuid(rng) + after


SERVICES: Mapping[str, Make] = {
    "Discord bot": run("M", "T" "E", (ALNUM, 22), ".", "G", (ALNUM, 5), ".", (URL, 38)),
    "Discord webhook": run("https://discord", ".com/api/webhooks/", "1", (DIGITS, 18), "/", (URL, 68)),
    "Slack bot": run("xo" "xb-", "2", (DIGITS, 11), "-", "3", (DIGITS, 12), "-", (ALNUM, 24)),
    "Slack user": run("xo" "xp-", "2", (DIGITS, 11), "-", "3", (DIGITS, 12), "-4", (DIGITS, 12), "-", (HEX, 32)),
    "Slack app": run("xa" "pp-1-A0", (CAPITALS, 9), "-", (DIGITS, 13), "-", (HEX, 64)),
    "Slack webhook": run("hooks", ".slack.com/services/T0", (CAPITALS, 9), "/B0", (CAPITALS, 9), "/", (ALNUM, 24)),
    "Telegram": run("6", (DIGITS, 9), ":AA", (URL, 33)),
    "Vault": run("hv" "s.CAES", (URL, 90)),
    "Vault batch": run("hv" "b.AAAA", (URL, 140)),
    "Terraform Cloud": run((ALNUM, 14), ".atlas" "v1.", (URL, 67)),
    "DigitalOcean": run("do" "p_v1_", (HEX, 64)),
    "DigitalOcean OAuth": run("do" "o_v1_", (HEX, 64)),
    "Google OAuth": run("ya" "29.a0A", (URL, 160)),
    "Google client secret": run("GOC" "SPX-", (URL, 28)),
    "Google refresh": run("1/" "/0", (URL, 60)),
    "Google API": run("AI" "zaSy", (URL, 33)),
    "AWS": run("AK" "IA", (UPPER + "234567", 16)),
    "AWS session": run("AS" "IA", (UPPER + "234567", 16)),
    "Azure storage": run((ALNUM + "+/", 86), "=="),
    "Azure Entra": run((ALNUM, 3), "8Q" "~", (ALNUM + "_-.~", 34)),
    "GitHub": run("gh" "p_", (ALNUM, 36)),
    "GitHub app": run("gh" "s_", (ALNUM, 36)),
    "GitHub fine-grained": run("github" "_pat_", (ALNUM, 22), "_", (ALNUM, 59)),
    "GitLab": run("gl" "pat-", (URL, 20)),
    "GitLab runner": run("gl" "rt-", (URL, 20)),
    "Bitbucket": run("AT" "BB", (ALNUM, 32)),
    "Atlassian": run("AT" "ATT3xFfGF0", (URL, 170), "=", (CAPITALS, 8)),
    "npm": run("np" "m_", (ALNUM, 36)),
    "PyPI": run("py" "pi-AgEIcHlwaS5vcmc", (URL, 150)),
    "RubyGems": run("ruby" "gems_", (HEX, 48)),
    "NuGet": run("oy" "2", (LOWER + DIGITS, 43)),
    "crates.io": run("ci" "o", (ALNUM, 32)),
    "Docker": run("dck" "r_pat_", (URL, 27)),
    "CircleCI": run("CCI" "PAT_", (ALNUM, 22), "_", (HEX, 40)),
    "Buildkite": run("bk" "ua_", (HEX, 40)),
    "SonarQube": run("sq" "u_", (HEX, 40)),
    "JFrog": run("AK" "Cp8", (ALNUM, 68)),
    "Sourcegraph": run("sg" "p_", (HEX, 16), "_", (HEX, 40)),
    "Postman": run("PM" "AK-", (HEX, 24), "-", (HEX, 34)),
    "Doppler": run("dp" ".pt.", (ALNUM, 43)),
    "1Password": run("op" "s_eyJ", (ALNUM, 300)),
    "Pulumi": run("pu" "l-", (HEX, 40)),
    "OpenAI": run("s" "k-proj-", (URL, 74), "T3Blbk" "FJ", (URL, 74)),
    "OpenAI before 2024": run("s" "k-", (ALNUM, 20), "T3Blbk" "FJ", (ALNUM, 20)),
    "Anthropic": run("s" "k-ant-api03-", (URL, 93), "AA"),
    "Hugging Face": run("h" "f_", (UPPER + LOWER, 34)),
    "Groq": run("gs" "k_", (ALNUM, 52)),
    "xAI": run("xa" "i-", (ALNUM, 80)),
    "Perplexity": run("pp" "lx-", (ALNUM, 48)),
    "Replicate": run("r" "8_", (ALNUM, 37)),
    "NVIDIA": run("nv" "api-", (URL, 64)),
    "LangSmith": run("ls" "v2_pt_", (HEX, 32), "_", (HEX, 10)),
    "Pinecone": run("pc" "sk_", (ALNUM, 6), "_", (ALNUM, 62)),
    "OpenRouter": run("s" "k-or-v1-", (HEX, 64)),
    "DeepSeek": run("s" "k-", (HEX, 32)),
    "Tavily": run("tv" "ly-dev-", (ALNUM, 32)),
    "ElevenLabs": run("s" "k_", (HEX, 48)),
    "Stripe": run("s" "k_live_", (ALNUM, 24)),
    "Stripe restricted": run("r" "k_live_51", (ALNUM, 97)),
    "Stripe webhook": run("wh" "sec_", (ALNUM, 32)),
    "Square": run("sq" "0csp-", (URL, 43)),
    "Square access": run("EA" "AA", (URL, 60)),
    "Braintree": run("access_" "token$production$", (LOWER + DIGITS, 16), "$", (HEX, 32)),
    "Plaid": with_uuid("access" "-sandbox-"),
    "Razorpay": run("rz" "p_live_", (ALNUM, 14)),
    "Flutterwave": run("FLW" "SECK-", (HEX, 32), "-X"),
    "Mollie": run("liv" "e_", (ALNUM, 30)),
    "EasyPost": run("EZ" "AK", (ALNUM, 54)),
    "Shippo": run("ship" "po_live_", (HEX, 40)),
    "Shopify": run("sh" "pat_", (HEX, 32)),
    "SendGrid": run("S" "G.", (URL, 22), ".", (URL, 43)),
    "Mailgun": run("ke" "y-", (HEX, 32)),
    "Mailgun signing": run((HEX, 32), "-", (HEX, 8), "-", (HEX, 8)),
    "Mailchimp": run((HEX, 32), "-us", "12"),
    "Brevo": run("xkey" "sib-", (HEX, 64), "-", (ALNUM, 16)),
    "Resend": run("r" "e_", (ALNUM, 8), "_", (ALNUM, 24)),
    "Twilio": run("S" "K", (HEX, 32)),
    "New Relic": run("NR" "AK-", (CAPITALS, 27)),
    "New Relic licence": run((HEX, 32), "FFFF" "NRAL"),
    "Sentry": run("sntr" "yu_", (HEX, 64)),
    "Grafana": run("gl" "sa_", (ALNUM, 32), "_", (HEX, 8)),
    "Grafana Cloud": run("gl" "c_eyJ", (ALNUM, 120)),
    "Dynatrace": run("dt" "0c01.", (CAPITALS, 24), ".", (CAPITALS, 64)),
    "PostHog": run("ph" "x_", (ALNUM, 43)),
    "Databricks": run("da" "pi", (HEX, 32)),
    "Netlify": run("nf" "p_", (ALNUM, 36)),
    "Vercel": run("vc" "p_", (ALNUM, 56)),
    "Heroku": run("HR" "KU-AA", (URL, 58)),
    "Fly.io": run("fm" "2_lJPECAAAAAA", (ALNUM + "+/", 150)),
    "Supabase": run("sb" "p_", (HEX, 40)),
    "PlanetScale": run("psc" "ale_tkn_", (URL, 43)),
    "Neon": run("nap" "i_", (LOWER + DIGITS, 64)),
    "Cloudflare": run("v1" ".0-", (HEX, 24), "-", (HEX, 146)),
    "Alibaba Cloud": run("LT" "AI5t", (ALNUM, 20)),
    "Yandex Cloud": run("AQ" "VN", (URL, 36)),
    "Notion": run("nt" "n_", (ALNUM, 46)),
    "Notion before 2024": run("secr" "et_", (ALNUM, 43)),
    "Linear": run("lin" "_api_", (ALNUM, 40)),
    "Airtable": run("pa" "t", (ALNUM, 14), ".", (HEX, 64)),
    "Asana": run("2/12", (DIGITS, 14), "/12", (DIGITS, 14), ":", (HEX, 32)),
    "ClickUp": run("p" "k_", (DIGITS, 8), "_", (CAPITALS, 32)),
    "Figma": run("fi" "gd_", (URL, 40)),
    "Typeform": run("tf" "p_", (URL, 59)),
    "HubSpot": with_uuid("pa" "t-na1-"),
    "Contentful": run("CF" "PAT-", (URL, 43)),
    "Okta": run("0" "0", (URL, 40)),
    "Dropbox": run("s" "l.u.AF", (URL, 130)),
    "Facebook": run("EA" "ACEdEose0cBA", (ALNUM, 150)),
    "X": run("AAAAAAAAAAAAAAAAAAAAA", (ALNUM, 80)),
    "Twitch": run("oau" "th:", (LOWER + DIGITS, 30)),
    "LaunchDarkly": with_uuid("sd" "k-"),
    "Tailscale": run("tsk" "ey-auth-k", (ALNUM, 11), "CNTRL-", (ALNUM, 32)),
    "Riot Games": with_uuid("RG" "API-"),
    "Mapbox": run("s" "k.eyJ1Ijoi", (ALNUM, 60), ".", (URL, 22)),
    "JSON Web Token": run("ey" "J", (ALNUM, 33), ".eyJ", (ALNUM, 60), ".", (URL, 43)),
    "Datadog, named": run("the datadog api key is ", (HEX, 32)),
    "Heroku, named": with_uuid("heroku api key: "),
    "AWS secret, named": run("aws_secret_access_key = ", (ALNUM + "+/", 40)),
    "npm before 2021, named": with_uuid("//registry.npmjs.org/:_auth" "Token="),
    "Cloudflare, named": run("cloudflare token ", (URL, 40)),
}  # fmt: skip


def synthetic(count: int, seed: int = 7) -> Iterator[tuple[str, str]]:
    """So many pairs of a service and a token of it, every service as often as the others."""
    rng = random.Random(seed)
    names = list(SERVICES)
    for number in range(count):
        name = names[number % len(names)]
        yield name, SERVICES[name](rng)
