"""The PL011's driver on a part that QEMU has with one: a Stellaris, which no board of ours is."""

import subprocess
from pathlib import Path

from shrinkc.resources import data_folder
from tools import needs_qemu

IMAGE = data_folder("firmware_templates") / "image"
# Sends back each byte, one more than it was, and the zero as it is; then it is done.
ECHO = """
#include "uart.h"
void start(void);
__attribute__((section(".vectors"), used)) void *const vectors[2] = {(void *)0x20001000, (void *)start};
static void leave(void) {
    register unsigned r0 __asm__("r0") = 0x18u;
    register unsigned r1 __asm__("r1") = 0x20026u;
    __asm__ volatile("bkpt 0xab" : : "r"(r0), "r"(r1));
}
void start(void) {
    uart_start();
    for (;;) {
        const int byte = uart_read();
        if (byte == 0) {
            uart_write(0);
            leave();
        }
        if (byte > 0) {
            uart_write((uint8_t)(byte + 1));
        }
    }
}
"""
SCRIPT = "SECTIONS { . = 0; .text : { KEEP(*(.vectors)) *(.text* .rodata*) } }"


@needs_qemu
def test_bytes_go_there_and_back(tmp_path: Path) -> None:
    (tmp_path / "echo.c").write_text(ECHO)
    (tmp_path / "echo.ld").write_text(SCRIPT)
    told = ["-DBOARD_UART_BASE=0x4000c000u", "-DBOARD_UART_CLOCK_HZ=12000000u", "-DBOARD_UART_BAUD=115200u"]
    flags = ["-mcpu=cortex-m3", "-mthumb", "-O2", "-nostdlib", "-Wl,-T,echo.ld", "-Wl,--build-id=none", f"-I{IMAGE}"]
    command = ["arm-none-eabi-gcc", *flags, *told, "echo.c", str(IMAGE / "uart_pl011.c"), "-o", "echo.elf"]
    subprocess.run(command, cwd=tmp_path, check=True)
    quiet = ["-display", "none", "-monitor", "none", "-nic", "none", "-semihosting-config", "enable=on,target=native"]
    qemu = ["qemu-system-arm", "-machine", "lm3s6965evb", *quiet, "-serial", "stdio", "-kernel", "echo.elf"]
    sent = bytes(range(1, 255)) * 4 + b"\0"  # more than the FIFO's 16
    result = subprocess.run(qemu, cwd=tmp_path, input=sent, capture_output=True, timeout=60, check=True)
    assert result.stdout == bytes(byte + 1 for byte in sent[:-1]) + b"\0"
