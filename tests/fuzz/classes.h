/* SPDX-License-Identifier: BSD-3-Clause */
/* Reasons, counted by their text without the numbers in it. */
#ifndef TESTS_FUZZ_CLASSES_H
#define TESTS_FUZZ_CLASSES_H

enum { CLASSES = 128, CLASS_TEXT = 96 };

struct classes {
    char text[CLASSES][CLASS_TEXT];
    unsigned count[CLASSES];
    unsigned used;
};

void classes_add(struct classes *c, const char *reason);
/* The most frequent first. */
void classes_print(struct classes *c, const char *title);

#endif
