"""Checksums of frames and pages that no library of ours has, byte by byte over a table."""

from __future__ import annotations

from functools import cache


@cache
def _table(polynomial: int, width: int) -> tuple[int, ...]:
    top, mask, table = 1 << (width - 1), (1 << width) - 1, []
    for byte in range(256):
        value = byte << (width - 8)
        for _ in range(8):
            value = (value << 1 ^ polynomial if value & top else value << 1) & mask
        table.append(value)
    return tuple(table)


def crc8(data: bytes) -> int:
    """Of a FLAC frame's header (RFC 9639, section 9.1.8)."""
    table, value = _table(0x07, 8), 0
    for byte in data:
        value = table[value ^ byte]
    return value


def crc16(data: bytes) -> int:
    """Of a FLAC frame; 0 over a frame that includes it (RFC 9639, section 9.3)."""
    table, value = _table(0x8005, 16), 0
    for byte in data:
        value = (value << 8 & 0xFFFF) ^ table[value >> 8 ^ byte]
    return value


def crc32_ogg(data: bytes) -> int:
    """Of an Ogg page whose checksum is zero (RFC 3533, section 6): not reflected, from 0 on."""
    table, value = _table(0x04C11DB7, 32), 0
    for byte in data:
        value = (value << 8 & 0xFFFFFFFF) ^ table[value >> 24 ^ byte]
    return value
