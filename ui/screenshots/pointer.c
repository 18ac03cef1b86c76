/*
 * Measures how long a window takes to answer a real mouse: moves the pointer or
 * turns its wheel through the X server, and watches a part of the screen until its
 * pixels change. Prints one JSON object.
 *
 *   pointer drag X Y DX N  RX RY RW RH   hold the button at X,Y, move N times to and fro within DX
 *   pointer wheel X Y 0 N  RX RY RW RH   turn the wheel N times at X,Y
 *   pointer hover X Y DY N RX RY RW RH   move N times between X,Y and DY below it, holding nothing
 *
 * An answer that does not come within a second counts as one of a second, and as
 * missing. XTest is loaded while running: xdotool brings it, without its headers.
 */
#include <X11/Xlib.h>
#include <X11/Xutil.h>
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static Display *d;
static int rx, ry, rw, rh;
static int (*motion)(Display *, int, int, int, unsigned long);
static int (*button)(Display *, unsigned, int, unsigned long);

static double now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec * 1e3 + t.tv_nsec / 1e6;
}

static unsigned long look(void) { /* a hash of what is seen */
  XImage *m = XGetImage(d, DefaultRootWindow(d), rx, ry, rw, rh, AllPlanes, ZPixmap);
  unsigned long h = 1469598103934665603UL;
  const unsigned *p = (const unsigned *)m->data;
  for (long i = 0, n = (long)m->bytes_per_line * m->height / 4; i < n; i++) h = (h ^ p[i]) * 1099511628211UL;
  XDestroyImage(m);
  return h;
}

static unsigned long calm(void) { /* waits until nothing has changed for a while */
  unsigned long h = look();
  double since = now(), begun = since;
  while (now() - since < 70 && now() - begun < 3000) {
    usleep(5000);
    unsigned long g = look();
    if (g != h) h = g, since = now();
  }
  return h;
}

static int by_size(const void *a, const void *b) {
  double x = *(const double *)a, y = *(const double *)b;
  return (x > y) - (x < y);
}

int main(int argc, char **argv) {
  if (argc != 10) return fprintf(stderr, "usage: pointer drag|wheel|hover X Y D N RX RY RW RH\n"), 2;
  int drag = !strcmp(argv[1], "drag"), hover = !strcmp(argv[1], "hover"), x = atoi(argv[2]), y = atoi(argv[3]), dx = atoi(argv[4]), n = atoi(argv[5]);
  rx = atoi(argv[6]), ry = atoi(argv[7]), rw = atoi(argv[8]), rh = atoi(argv[9]);
  void *xtst = dlopen("libXtst.so.6", RTLD_NOW);
  d = XOpenDisplay(NULL);
  if (!xtst || !d || n < 1) return fprintf(stderr, "pointer: no display, no XTest (xdotool brings it), or nothing to do\n"), 1;
  motion = (int (*)(Display *, int, int, int, unsigned long))dlsym(xtst, "XTestFakeMotionEvent");
  button = (int (*)(Display *, unsigned, int, unsigned long))dlsym(xtst, "XTestFakeButtonEvent");
  double *took = calloc(n, sizeof *took);
  int missing = 0, at = x, way = 1;
  motion(d, -1, x, y, 0), XSync(d, 0), usleep(300000);
  if (drag) button(d, 1, 1, 0), XSync(d, 0), usleep(300000);
  for (int i = 0; i < n; i++) {
    unsigned long before = calm();
    double begun = now();
    if (drag) {
      if (at + 4 * way > x + dx || at + 4 * way < x - dx) way = -way;
      at += 4 * way;
      motion(d, -1, at, y, 0);
    } else if (hover) {
      motion(d, -1, x, y + (i % 2 ? 0 : dx), 0);
    } else {
      unsigned b = (i / 40) % 2 ? 4 : 5; /* down for a while, then up again */
      button(d, b, 1, 0), button(d, b, 0, 0);
    }
    XSync(d, 0);
    while (look() == before && now() - begun < 1000) usleep(500);
    took[i] = now() - begun;
    missing += took[i] >= 1000;
  }
  if (drag) button(d, 1, 0, 0), XSync(d, 0);
  qsort(took, n, sizeof *took, by_size);
  printf("{\"moves\":%d,\"p50_ms\":%.1f,\"p95_ms\":%.1f,\"max_ms\":%.1f,\"missing\":%d}\n", n, took[n / 2], took[n * 95 / 100], took[n - 1], missing);
  return 0;
}
