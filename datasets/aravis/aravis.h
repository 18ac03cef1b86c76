// A thin way to Aravis, the library for GenICam cameras. It is loaded when it is
// first needed: the program needs neither the library nor its headers to build
// and to start. Strings that are returned belong to the caller, who frees them.
#ifndef AGUR_ARAVIS_H
#define AGUR_ARAVIS_H

#include <stddef.h>
#include <stdint.h>

typedef struct av_camera av_camera;

typedef struct {
	const char *id, *address, *vendor, *model, *serial, *protocol; // of the library, until the next list
} av_device;

typedef struct {
	void *buffer; // to be given back with av_push
	int status;   // of ArvBufferStatus; 0 is complete
	int payload;  // of ArvBufferPayloadType
	const void *data;
	size_t size;
	int width, height, padding;
	uint32_t format;
	uint64_t id, time, arrived; // frame number; ns of the camera's clock; ns since 1970 of this machine's
} av_frame;

char *av_load(void); // NULL when the library is there
unsigned av_list(void);
void av_get_device(unsigned i, av_device *out);

av_camera *av_open(const char *name, int fake, char **err);
int av_lost(av_camera *c);
char *av_start(av_camera *c, int buffers);
void av_stop(av_camera *c);
void av_close(av_camera *c);
int av_pop(av_camera *c, uint64_t timeout_us, av_frame *out); // 0: none came
int av_try_pop(av_camera *c, av_frame *out);
void av_push(av_camera *c, void *buffer);

char *av_set_trigger(av_camera *c, const char *source); // NULL source: none
char *av_trigger(av_camera *c);

// Controls. A number's bounds are equal where there are none.
enum { AV_EXPOSURE, AV_GAIN, AV_RATE };
int av_has(av_camera *c, int control);
char *av_get(av_camera *c, int control, double *value, double *low, double *high);
char *av_set(av_camera *c, int control, double value);
char *av_get_region(av_camera *c, int region[4], int bounds[4]); // x, y, width, height; highest width and height
char *av_set_region(av_camera *c, int x, int y, int w, int h);
char *av_get_format(av_camera *c, char **value, char **choices); // choices: separated by newlines
char *av_set_format(av_camera *c, const char *value);

#endif
