"""Encryption of secrets with a passphrase, in Pulumi's own format.

Key: PBKDF2-HMAC-SHA256 over the passphrase, 1,000,000 rounds, 8-byte salt, 32 bytes.
Text: AES-256-GCM as ``v1:<nonce>:<ciphertext and tag>`` in base64. The stack keeps ``v1:<salt>:<the word
"pulumi", encrypted>``: whoever can decrypt that has the right passphrase.
Source: Pulumi's passphrase secrets manager; vectors recorded with the real command line.
"""

from __future__ import annotations

import base64
import binascii
import contextlib
import functools
import getpass
import hashlib
import os
import sys
import threading
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from emulators.engine.errors import EngineError

ROUNDS = 1_000_000
CHECK_WORD = "pulumi"


class WrongPassphrase(EngineError):
    """The passphrase does not open this stack."""


_deriving = threading.Lock()


@functools.lru_cache(maxsize=32)
def _derived(passphrase: str, salt: bytes) -> bytes:
    return hashlib.pbkdf2_hmac("sha256", passphrase.encode(), salt, ROUNDS, 32)


def _key(passphrase: str, salt: bytes) -> bytes:
    with _deriving:  # whoever asks while it is being derived waits for that
        return _derived(passphrase, salt)


class Crypter:
    """Encrypts with one key; decrypts with it, or with an older one while a state is moved from that."""

    def __init__(self, key: bytes, older: Crypter | None = None) -> None:
        self.key, self._older = key, older
        self._cipher = AESGCM(key)

    def encrypt(self, text: str) -> str:
        nonce = os.urandom(12)
        sealed = self._cipher.encrypt(nonce, text.encode(), None)
        return f"v1:{base64.b64encode(nonce).decode()}:{base64.b64encode(sealed).decode()}"

    def decrypt(self, text: str) -> str:
        """The plain text. Raises EngineError when the text is damaged or made with another key."""
        try:
            version, nonce, sealed = text.split(":")
            plain = self._cipher.decrypt(base64.b64decode(nonce), base64.b64decode(sealed), None)
        except (InvalidTag, ValueError, binascii.Error) as error:
            if self._older is not None:
                return self._older.decrypt(text)
            raise EngineError("failed to decrypt: incorrect passphrase or a damaged ciphertext") from error
        if version != "v1":
            raise EngineError(f"failed to decrypt: unknown ciphertext version '{version}'")
        return plain.decode()


class Sealed(Crypter):
    """Stands for a crypter where nobody needs the plain texts: a key costs a quarter of a second."""

    def __init__(self) -> None:
        """There is no key."""

    def decrypt(self, _text: str) -> str:
        return "null"


def open_stack(encryption_salt: str, passphrase: str) -> Crypter:
    """The crypter of a stack. Raises WrongPassphrase."""
    try:
        version, salt, check = encryption_salt.split(":", 2)
        crypter = Crypter(_key(passphrase, base64.b64decode(salt, validate=True)))
    except (ValueError, binascii.Error) as error:
        raise EngineError("malformed encryptionsalt in the stack's configuration") from error
    if version != "v1":
        raise EngineError(f"unknown version '{version}' of encryptionsalt in the stack's configuration")
    try:
        right = crypter.decrypt(check) == CHECK_WORD
    except EngineError:
        right = False
    if not right:
        raise WrongPassphrase("getting stack configuration: get stack secrets manager: incorrect passphrase")
    return crypter


def derive_early(encryption_salt: str) -> None:
    """Begin to derive a stack's key, which takes a quarter of a second, for `open_stack` to find it ready.

    Nothing is said of what is wrong: `open_stack` will.
    """

    def derive() -> None:
        with contextlib.suppress(EngineError, ValueError):
            if encryption_salt and (passphrase := passphrase_from_environment()) is not None:
                open_stack(encryption_salt, passphrase)

    threading.Thread(target=derive, daemon=True).start()


def new_stack(passphrase: str) -> tuple[str, Crypter]:
    """A fresh ``encryptionsalt`` and its crypter."""
    salt = os.urandom(8)
    crypter = Crypter(_key(passphrase, salt))
    return f"v1:{base64.b64encode(salt).decode()}:{crypter.encrypt(CHECK_WORD)}", crypter


def passphrase_from_environment() -> str | None:
    """PULUMI_CONFIG_PASSPHRASE (may be empty), else what PULUMI_CONFIG_PASSPHRASE_FILE holds, else None."""
    if (text := os.environ.get("PULUMI_CONFIG_PASSPHRASE")) is not None:
        return text
    if file := os.environ.get("PULUMI_CONFIG_PASSPHRASE_FILE"):
        try:
            return Path(file).read_text(encoding="utf-8").strip()
        except OSError as error:
            raise EngineError(
                f"unable to read PULUMI_CONFIG_PASSPHRASE_FILE: {error.strerror}: {file}"
            ) from error
    return None


def ask_passphrase(interactive: bool) -> str:
    """The passphrase from the environment, else from the terminal. Raises EngineError without either."""
    found = passphrase_from_environment()
    if found is not None:
        return found
    if interactive and sys.stdin.isatty():
        return getpass.getpass("Enter your passphrase to unlock config/secrets: ")
    raise EngineError(
        "passphrase must be set with PULUMI_CONFIG_PASSPHRASE or PULUMI_CONFIG_PASSPHRASE_FILE "
        "environment variables"
    )
