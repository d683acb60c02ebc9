"""What stands in the way of an article: paywalls, error pages, cookie notices, pages that need a browser."""

from __future__ import annotations

import re

from core.errors import NoArticle, Paywall

MIN_CHARACTERS = 140  # less is a teaser, a cookie wall or an error page
_LOCKED = re.compile(r"[\"']isAccessibleForFree[\"']\s*:\s*[\"']?false", re.IGNORECASE)
_PAYWALL = re.compile(
    r"subscribe (?:now )?to (?:continue|read|keep|unlock)|to (?:continue|keep) reading|already a subscriber"
    r"|(?:for|available to) (?:subscribers|members) only|only (?:for|available to) (?:subscribers|members)"
    r"|(?:article|story|content) is (?:for|reserved for|exclusive to) (?:our )?(?:subscribers|members)"
    r"|jetzt weiterlesen|weiterlesen mit|nur für abonnent|réservé (?:à nos|aux) abonnés"
    r"|exclusivo para (?:suscriptores|assinantes)|riservato agli abbonati",
    re.IGNORECASE,
)
_ERROR_PAGE = re.compile(
    r"(?:error |http |fehler )?(?:403|404|410)\b(?:\W*$|.{0,20}\b(?:error|not found|forbidden|gone))"
    r"|.{0,40}\bpage.{0,30} (?:not (?:be )?found|(?:no longer|does not|doesn['’]t) exist)"
    r"|access denied|just a moment\b|attention required|are you (?:a robot|human)|seite nicht gefunden"
    r"|page (?:introuvable|non trouvée)|página no encontrada|pagina non trovata",
    re.IGNORECASE,
)
_COOKIE_NOTICE = re.compile(
    r"\buses? cookies|cookies? (?:policy|settings|notice|preferences)|(?:accept|reject|allow) (?:all|cookies)"
    r"|\b(?:your|manage|give) consent|privacy (?:settings|choices|preferences)|our (?:\w+ )?partners"
    r"|verwende[nt]? cookies|utilis\w+ (?:des |de )?cookies|alle (?:cookies )?akzeptieren|tout accepter",
    re.IGNORECASE,
)
_SCRIPTED = re.compile(r"javascript", re.IGNORECASE)


def raise_if_blocked_page(html: str, title: str, text: str) -> None:
    """Raises when a thin text is a wall's, an error page's, or what is left of a page without its scripts."""
    locked, wall = bool(_LOCKED.search(html)), bool(_PAYWALL.search(html))
    if len(text) < 600 + 400 * locked + 500 * (locked and wall) and (locked or wall):
        raise Paywall
    if _ERROR_PAGE.match(title) or _ERROR_PAGE.match(text):
        raise NoArticle(
            "The page says that there is nothing here. Check the link, or paste the text instead."
        )
    if len(_COOKIE_NOTICE.findall(text)) >= 2:
        raise NoArticle("The page shows only a cookie notice. Paste the text instead.")
    if len(text) < 2 * MIN_CHARACTERS and _SCRIPTED.search(text or html):
        raise NoArticle("The page needs a browser to show its text. Paste the text instead.")
