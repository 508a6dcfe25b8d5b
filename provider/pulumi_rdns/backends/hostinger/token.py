"""The API token, which never shows."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import requests


class Token:
    """The bearer token. As `auth` and not as a header, so that no .netrc takes its place."""

    def __init__(self, secret: str, origin: str) -> None:
        """Take where the token was read from as ``origin``, for error messages."""
        self._secret = secret
        self.origin = origin

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        """Sign a request, as requests' own `AuthBase` does."""
        request.headers["Authorization"] = f"Bearer {self._secret}"
        return request

    def __repr__(self) -> str:
        return f"Token(from {self.origin})"

    def hide(self, text: str) -> str:
        """Take the token out of a text that a server sent."""
        return text.replace(self._secret, "(token)")
