/* SPDX-License-Identifier: BSD-3-Clause */
/* For --elf: the sum of the memory's bytes, as a compiler leaves it in an object. */
unsigned long sum(const unsigned char *memory, unsigned long bytes);

unsigned long sum(const unsigned char *memory, unsigned long bytes)
{
    unsigned long all = 0;

    for (unsigned long k = 0; k < bytes; k++)
        all += memory[k];
    return all;
}
