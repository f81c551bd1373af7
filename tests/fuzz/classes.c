/* SPDX-License-Identifier: BSD-3-Clause */
#include "classes.h"

#include <ctype.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

/* "R1 off=14" as "R# off=#". */
static void strip(char *to, const char *from)
{
    size_t n = 0;
    bool number = false;
    for (; *from && *from != '\n' && n < CLASS_TEXT - 1; from++) {
        bool digit = isdigit((unsigned char)*from) || (number && isxdigit((unsigned char)*from)) ||
                     (number && *from == 'x');
        if (digit && !number)
            to[n++] = '#';
        else if (!digit)
            to[n++] = *from;
        number = digit;
    }
    to[n] = 0;
}

void classes_add(struct classes *c, const char *reason)
{
    char text[CLASS_TEXT];
    unsigned n = 0;
    strip(text, reason);
    while (n < c->used && strcmp(c->text[n], text) != 0)
        n++;
    if (n == CLASSES)
        n = CLASSES - 1; /* the last one stands for all others */
    if (n == c->used)
        strcpy(c->text[c->used++], text);
    c->count[n]++;
}

void classes_print(struct classes *c, const char *title)
{
    printf("%s\n", title);
    for (unsigned rows = 0; rows < c->used; rows++) {
        unsigned best = 0;
        for (unsigned n = 1; n < c->used; n++)
            if (c->count[n] > c->count[best])
                best = n;
        if (!c->count[best])
            return;
        printf("  %6u  %s\n", c->count[best], c->text[best]);
        c->count[best] = 0;
    }
}
