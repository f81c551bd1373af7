/* SPDX-License-Identifier: BSD-3-Clause */
#include "bench/chart.h"

#include <math.h>
#include <string.h>

#define WIDTH  560.0
#define HEIGHT 380.0
#define TOP    76.0 /* of the page: heading and note */
#define LEFT   66.0
#define RIGHT  20.0
#define ABOVE  40.0
#define BELOW  88.0 /* axis, its label, the legend */
#define TICKS  6
#define LETTER 7.2 /* wide, about */

/* Okabe and Ito's colours, which colour-blind people can tell apart, and more greys. */
static const char *const colours[CHART_SERIES_MAX] = {
    "#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#f0e442", "#000000",
    "#7f7f7f", "#aec7e8", "#98df8a", "#c49c94", "#9467bd", "#8c564b", "#bcbd22", "#17becf",
};

struct axis {
    double low, high, step;
    bool log;
};

struct frame {
    FILE *out;
    unsigned number; /* of the chart on the page */
    const struct chart *c;
    double left, top; /* of the plot area on the page */
    double width, height;
    struct axis x, y;
};

static void text(FILE *out, const char *s)
{
    for (; *s != '\0'; s++)
        switch (*s) {
        case '<':
            fputs("&lt;", out);
            break;
        case '>':
            fputs("&gt;", out);
            break;
        case '&':
            fputs("&amp;", out);
            break;
        case '"':
            fputs("&quot;", out);
            break;
        default:
            if ((unsigned char)*s >= ' ')
                fputc(*s, out);
        }
}

static void label(FILE *out, double x, double y, const char *attributes, const char *s)
{
    fprintf(out, "<text x=\"%.1f\" y=\"%.1f\"%s>", x, y, attributes);
    text(out, s);
    fputs("</text>\n", out);
}

/* ---- axes ---- */

/* 1, 2 or 5 times a power of ten, so that about TICKS fit. */
static double nice_step(double span)
{
    double raw = span / TICKS, power = pow(10, floor(log10(raw))), part = raw / power;

    return power * (part <= 1 ? 1 : part <= 2 ? 2 : part <= 5 ? 5 : 10);
}

static struct axis make_axis(double low, double high, bool log)
{
    struct axis a = {.low = low, .high = high, .log = log};

    if (log) {
        a.low = pow(10, floor(log10(low > 0 ? low : 1)));
        a.high = pow(10, ceil(log10(high > a.low ? high : a.low * 10)));
        return a;
    }
    if (!(high > low))
        a.high = low + (low != 0 ? fabs(low) : 1);
    a.step = nice_step(a.high - a.low);
    a.low = floor(a.low / a.step + 1e-9) * a.step;
    a.high = ceil(a.high / a.step - 1e-9) * a.step;
    return a;
}

static double along(const struct axis *a, double v)
{
    if (a->log)
        return (log10(v > a->low ? v : a->low) - log10(a->low)) / (log10(a->high) - log10(a->low));
    return (v - a->low) / (a->high - a->low);
}

static double at_x(const struct frame *f, double v)
{
    return f->left + along(&f->x, v) * f->width;
}

static double at_y(const struct frame *f, double v)
{
    return f->top + f->height - along(&f->y, v) * f->height;
}

static const char *tick_text(double v, char buf[32])
{
    double size = fabs(v);

    if (size >= 1e6)
        snprintf(buf, 32, "%.6g M", v / 1e6);
    else if (size >= 1e4)
        snprintf(buf, 32, "%.6g k", v / 1e3);
    else
        snprintf(buf, 32, "%.6g", size < 1e-12 ? 0.0 : v);
    return buf;
}

static void x_tick(const struct frame *f, double v)
{
    char buf[32];
    double x = at_x(f, v);

    fprintf(f->out, "<line class=\"grid\" x1=\"%.1f\" y1=\"%.1f\" x2=\"%.1f\" y2=\"%.1f\"/>\n", x,
            f->top, x, f->top + f->height);
    label(f->out, x, f->top + f->height + 16, " text-anchor=\"middle\"", tick_text(v, buf));
}

/* ---- names on the x axis ---- */

/* Where to break a name in two: the space nearest to its middle, NULL without one. */
static const char *break_of(const char *name)
{
    size_t len = strlen(name), best = len;
    const char *found = NULL;

    for (const char *at = strchr(name, ' '); at != NULL; at = strchr(at + 1, ' ')) {
        size_t before = (size_t)(at - name), after = len - before;
        size_t off = before > after ? before - after : after - before;

        if (off < best) {
            best = off;
            found = at;
        }
    }
    return found;
}

/* There is room for a second line where the axis has no label of its own. */
static size_t letters_of(const struct frame *f, const char *name)
{
    const char *cut = f->c->x_label[0] == '\0' ? break_of(name) : NULL;
    size_t before = cut != NULL ? (size_t)(cut - name) : 0, after = strlen(name) - before;

    return before > after ? before : after;
}

/* Every so many names are shown, so that they do not overlap. */
static size_t name_step(const struct frame *f, const char *const *names, size_t count)
{
    size_t longest = 0;

    for (size_t k = 0; k < count; k++)
        if (letters_of(f, names[k]) > longest)
            longest = letters_of(f, names[k]);
    return 1 + (size_t)(LETTER * (double)longest * (double)count / (f->width * 1.2));
}

static void x_name(const struct frame *f, double x, const char *name)
{
    double y = f->top + f->height + 16, room = LETTER * (double)strlen(name);
    size_t count = f->c->bars != NULL ? f->c->bar_count : f->c->x_count;
    const char *cut = f->c->x_label[0] == '\0' ? break_of(name) : NULL;
    char first[64];

    if (cut != NULL && room * (double)count > f->width && cut - name < (int)sizeof(first)) {
        snprintf(first, sizeof(first), "%.*s", (int)(cut - name), name);
        label(f->out, x, y, " text-anchor=\"middle\"", first);
        y += 14;
        name = cut + 1;
    }
    label(f->out, x, y, " text-anchor=\"middle\"", name);
}

/* ---- ticks ---- */

static void x_ticks(const struct frame *f)
{
    if (f->c->x_names != NULL)
        for (size_t i = 0; i < f->c->x_count; i += name_step(f, f->c->x_names, f->c->x_count))
            x_name(f, at_x(f, (double)i + 1), f->c->x_names[i]);
    else if (f->x.log)
        for (double v = f->x.low; v <= f->x.high * 1.001; v *= 10)
            x_tick(f, v);
    else
        for (double v = f->x.low; v <= f->x.high + f->x.step / 2; v += f->x.step)
            x_tick(f, v);
}

static void y_ticks(const struct frame *f)
{
    char buf[32];

    for (double v = f->y.low; v <= f->y.high + f->y.step / 2; v += f->y.step) {
        double y = at_y(f, v);

        fprintf(f->out, "<line class=\"grid\" x1=\"%.1f\" y1=\"%.1f\" x2=\"%.1f\" y2=\"%.1f\"/>\n",
                f->left, y, f->left + f->width, y);
        label(f->out, f->left - 6, y + 4, " text-anchor=\"end\"", tick_text(v, buf));
    }
}

static void axis_labels(const struct frame *f)
{
    char turned[96];
    double x = f->left - LEFT + 16, y = f->top + f->height / 2;

    label(f->out, f->left, f->top - 14, " class=\"title\"", f->c->title);
    label(f->out, f->left + f->width / 2, f->top + f->height + 34, " text-anchor=\"middle\"",
          f->c->x_label);
    snprintf(turned, sizeof(turned), " text-anchor=\"middle\" transform=\"rotate(-90 %.1f %.1f)\"",
             x, y);
    label(f->out, x, y, turned, f->c->y_label);
}

/* ---- what is shown ---- */

static const char *colour_of(const struct frame *f, unsigned i)
{
    unsigned own = f->c->series[i].colour;

    return colours[(own != 0 ? own - 1 : i) % CHART_SERIES_MAX];
}

static void legend(const struct frame *f)
{
    double x = f->left, y = f->top + f->height + 54;

    for (unsigned i = 0; i < f->c->series_count; i++) {
        const struct chart_series *s = &f->c->series[i];
        double wide = 34 + LETTER * (double)strlen(s->name);

        if (x + wide > f->left + f->width + RIGHT && x > f->left) {
            x = f->left;
            y += 16;
        }
        fprintf(f->out,
                "<line x1=\"%.1f\" y1=\"%.1f\" x2=\"%.1f\" y2=\"%.1f\" stroke=\"%s\" "
                "stroke-width=\"%d\"%s/>\n",
                x, y - 4, x + 16, y - 4, colour_of(f, i), f->c->bars != NULL ? 9 : 2,
                s->dashed ? " stroke-dasharray=\"5 3\"" : "");
        label(f->out, x + 20, y, "", s->name);
        x += wide;
    }
}

static void line(const struct frame *f, unsigned i)
{
    const struct chart_series *s = &f->c->series[i];

    if (s->dashed)
        fprintf(f->out, "<g clip-path=\"url(#area%u)\">", f->number);
    fprintf(f->out, "<polyline fill=\"none\" stroke=\"%s\" stroke-width=\"1.8\"%s points=\"",
            colour_of(f, i), s->dashed ? " stroke-dasharray=\"5 3\"" : "");
    for (size_t k = 0; k < s->count; k++)
        fprintf(f->out, "%.1f,%.1f ", at_x(f, s->x[k]), at_y(f, s->y[k]));
    fprintf(f->out, "\"/>%s\n", s->dashed ? "</g>" : "");
    for (size_t k = 0; k < s->count && !s->plain && !s->dashed; k++)
        fprintf(f->out, "<circle cx=\"%.1f\" cy=\"%.1f\" r=\"2.6\" fill=\"%s\"/>\n",
                at_x(f, s->x[k]), at_y(f, s->y[k]), colour_of(f, i));
}

static void bar(const struct frame *f, size_t k)
{
    double slot = f->width / (double)f->c->bar_count, wide = slot * 0.7 < 70 ? slot * 0.7 : 70;
    double x = f->left + slot * ((double)k + 0.5) - wide / 2, sum = 0;

    for (unsigned i = 0; i < f->c->series_count; i++) {
        double v = f->c->series[i].y[k], y = at_y(f, sum + v);

        fprintf(f->out,
                "<rect x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"%.1f\" fill=\"%s\"/>\n", x, y,
                wide, at_y(f, sum) - y, colour_of(f, i));
        sum += v;
    }
    if (k % name_step(f, f->c->bars, f->c->bar_count) == 0)
        x_name(f, x + wide / 2, f->c->bars[k]);
}

/* ---- ranges ---- */

struct range {
    double low, high;
    bool any;
};

static void widen(struct range *r, double v)
{
    if (!r->any || v < r->low)
        r->low = v;
    if (!r->any || v > r->high)
        r->high = v;
    r->any = true;
}

static void line_ranges(const struct chart *c, struct range *x, struct range *y)
{
    for (unsigned i = 0; i < c->series_count; i++)
        for (size_t k = 0; k < c->series[i].count; k++) {
            widen(x, c->series[i].x[k]);
            if (!c->series[i].dashed || c->y_most <= 0 || c->series[i].y[k] < c->y_most)
                widen(y, c->series[i].y[k]);
        }
}

static void bar_ranges(const struct chart *c, struct range *y)
{
    for (size_t k = 0; k < c->bar_count; k++) {
        double sum = 0;

        for (unsigned i = 0; i < c->series_count; i++)
            sum += c->series[i].y[k];
        widen(y, sum);
    }
}

static void one_chart(FILE *out, const struct chart *c, unsigned number, double left, double top)
{
    struct range x = {0}, y = {0};
    struct frame f = {.out = out,
                      .number = number,
                      .c = c,
                      .left = left + LEFT,
                      .top = top + ABOVE,
                      .width = WIDTH - LEFT - RIGHT,
                      .height = HEIGHT - ABOVE - BELOW};

    if (c->bars != NULL)
        bar_ranges(c, &y);
    else
        line_ranges(c, &x, &y);
    f.x = c->x_names != NULL ? (struct axis){.low = 0.5, .high = (double)c->x_count + 0.5}
                             : make_axis(x.low, x.high, c->log_x);
    f.y = make_axis(c->fit_y ? y.low : y.low < 0 ? y.low : 0, y.high, false);
    if (c->bars == NULL)
        x_ticks(&f);
    y_ticks(&f);
    axis_labels(&f);
    fprintf(out,
            "<rect x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"%.1f\" fill=\"none\" "
            "stroke=\"#666\"/>\n",
            f.left, f.top, f.width, f.height);
    fprintf(out,
            "<clipPath id=\"area%u\"><rect x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" "
            "height=\"%.1f\"/></clipPath>\n",
            number, f.left, f.top, f.width, f.height);
    for (unsigned i = 0; c->bars == NULL && i < c->series_count; i++)
        line(&f, i);
    for (size_t k = 0; k < c->bar_count; k++)
        bar(&f, k);
    legend(&f);
}

void chart_page(FILE *out, const char *heading, const char *note, const struct chart *charts,
                unsigned count)
{
    unsigned columns = count > 1 ? 2 : 1, rows = (count + columns - 1) / columns;
    double wide = WIDTH * columns, high = TOP + HEIGHT * rows;

    fprintf(out,
            "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%.0f\" height=\"%.0f\" "
            "viewBox=\"0 0 %.0f %.0f\">\n"
            "<style>text{font:12px sans-serif;fill:#222}.title{font-weight:bold;font-size:14px}"
            ".heading{font-weight:bold;font-size:18px}.grid{stroke:#ddd}</style>\n"
            "<rect width=\"100%%\" height=\"100%%\" fill=\"#fff\"/>\n",
            wide, high, wide, high);
    label(out, 20, 32, " class=\"heading\"", heading);
    label(out, 20, 56, "", note);
    for (unsigned i = 0; i < count; i++)
        one_chart(out, &charts[i], i, WIDTH * (i % columns), TOP + HEIGHT * (i / columns));
    fputs("</svg>\n", out);
}
