//go:build cgo && linux

#include "aravis.h"

#include <dlfcn.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

// What the headers of GLib and Aravis 0.8 say, as far as it is needed.
typedef int gint;
typedef int gboolean;
typedef unsigned int guint;
typedef unsigned long gulong;
typedef uint64_t guint64;
typedef void *gpointer;
typedef char gchar;
typedef struct { uint32_t domain; gint code; gchar *message; } GError;
typedef void (*GCallback)(void);
typedef void (*GClosureNotify)(gpointer, void *);
typedef int GConnectFlags;
typedef struct _ArvCamera ArvCamera;
typedef struct _ArvDevice ArvDevice;
typedef struct _ArvStream ArvStream;
typedef struct _ArvBuffer ArvBuffer;
typedef void (*ArvStreamCallback)(void *, int, ArvBuffer *);
typedef int ArvAcquisitionMode;
typedef int ArvBufferStatus;
typedef int ArvBufferPayloadType;
typedef uint32_t ArvPixelFormat;
enum { CONTINUOUS = 0, PAYLOAD_IMAGE = 1, PAYLOAD_CHUNKS = 4, PAYLOAD_EXTENDED = 5 };

#include "functions.h"

#define DECLARE(result, name, arguments) static result(*name) arguments;
AV_FUNCTIONS(DECLARE)

static char *copy(const char *s) { return strdup(s ? s : ""); }

char *av_load(void)
{
	static void *lib;
	if (lib)
		return NULL;
	void *l = dlopen("libaravis-0.8.so.0", RTLD_NOW | RTLD_LOCAL);
	if (!l)
		return copy(dlerror());
#define FIND(result, name, arguments) \
	*(void **)&name = dlsym(l, #name); \
	if (!name) \
		return copy("this version of Aravis has no " #name);
	AV_FUNCTIONS(FIND)
	lib = l;
	return NULL;
}

// taken turns a GError into a string.
static char *taken(GError *e)
{
	if (!e)
		return NULL;
	char *s = copy(e->message);
	g_error_free(e);
	return s;
}

unsigned av_list(void)
{
	arv_update_device_list();
	return arv_get_n_devices();
}

void av_get_device(unsigned i, av_device *d)
{
	d->id = arv_get_device_id(i);
	d->address = arv_get_device_address(i);
	d->vendor = arv_get_device_vendor(i);
	d->model = arv_get_device_model(i);
	d->serial = arv_get_device_serial_nbr(i);
	d->protocol = arv_get_device_protocol(i);
}

struct av_camera {
	ArvCamera *camera;
	ArvStream *stream; // NULL while stopped
	atomic_int lost;
};

static void control_lost(void *device, gpointer c)
{
	(void)device;
	atomic_store(&((av_camera *)c)->lost, 1);
}

av_camera *av_open(const char *name, int fake, char **err)
{
	if (fake)
		arv_enable_interface("Fake");
	GError *e = NULL;
	ArvCamera *camera = arv_camera_new(name, &e);
	if (!camera || e) {
		*err = e ? taken(e) : copy("there is no such camera");
		if (camera)
			g_object_unref(camera);
		return NULL;
	}
	av_camera *c = calloc(1, sizeof *c);
	c->camera = camera;
	g_signal_connect_data(arv_camera_get_device(camera), "control-lost", (GCallback)control_lost, c, NULL, 0);
	return c;
}

int av_lost(av_camera *c) { return atomic_load(&c->lost); }

static char *start(av_camera *c, int buffers)
{
	GError *e = NULL;
	arv_camera_set_acquisition_mode(c->camera, CONTINUOUS, &e);
	if (e)
		return taken(e);
	guint payload = arv_camera_get_payload(c->camera, &e);
	if (e)
		return taken(e);
	if (payload == 0 || payload > 1u << 30)
		return copy("the camera announces pictures of an impossible size");
	c->stream = arv_camera_create_stream(c->camera, NULL, NULL, &e);
	if (!c->stream || e)
		return e ? taken(e) : copy("the camera opens no stream");
	for (int i = 0; i < buffers; i++)
		arv_stream_push_buffer(c->stream, arv_buffer_new_allocate(payload));
	arv_camera_start_acquisition(c->camera, &e);
	return taken(e);
}

char *av_start(av_camera *c, int buffers)
{
	char *err = start(c, buffers);
	if (err)
		atomic_store(&c->lost, 1); // there is nothing to wait for
	return err;
}

void av_stop(av_camera *c)
{
	if (!c->stream)
		return;
	if (!av_lost(c)) { // it would only be waited for
		GError *e = NULL;
		arv_camera_stop_acquisition(c->camera, &e);
		free(taken(e));
	}
	g_object_unref(c->stream);
	c->stream = NULL;
}

void av_close(av_camera *c)
{
	av_stop(c);
	g_object_unref(c->camera);
	free(c);
}

static int filled(ArvBuffer *b, av_frame *f)
{
	memset(f, 0, sizeof *f);
	if (!b)
		return 0;
	f->buffer = b;
	f->status = arv_buffer_get_status(b);
	f->payload = arv_buffer_get_payload_type(b);
	if (f->status != 0)
		return 1;
	f->id = arv_buffer_get_frame_id(b);
	f->time = arv_buffer_get_timestamp(b);
	f->arrived = arv_buffer_get_system_timestamp(b);
	if (f->payload != PAYLOAD_IMAGE && f->payload != PAYLOAD_CHUNKS && f->payload != PAYLOAD_EXTENDED)
		return 1;
	gint rows = 0;
	f->data = arv_buffer_get_image_data(b, &f->size);
	f->width = arv_buffer_get_image_width(b);
	f->height = arv_buffer_get_image_height(b);
	f->format = arv_buffer_get_image_pixel_format(b);
	arv_buffer_get_image_padding(b, &f->padding, &rows);
	return 1;
}

int av_pop(av_camera *c, uint64_t timeout_us, av_frame *f)
{
	return filled(c->stream ? arv_stream_timeout_pop_buffer(c->stream, timeout_us) : NULL, f);
}

int av_try_pop(av_camera *c, av_frame *f) 
{
	return filled(c->stream ? arv_stream_try_pop_buffer(c->stream) : NULL, f);
}

void av_push(av_camera *c, void *buffer) { arv_stream_push_buffer(c->stream, buffer); }

char *av_set_trigger(av_camera *c, const char *source)
{
	GError *e = NULL;
	if (source)
		arv_camera_set_trigger(c->camera, source, &e);
	else
		arv_camera_clear_triggers(c->camera, &e);
	return taken(e);
}

char *av_trigger(av_camera *c)
{
	GError *e = NULL;
	arv_camera_software_trigger(c->camera, &e);
	return taken(e);
}

static struct {
	gboolean (**has)(ArvCamera *, GError **);
	double (**get)(ArvCamera *, GError **);
	void (**bounds)(ArvCamera *, double *, double *, GError **);
	void (**set)(ArvCamera *, double, GError **);
} controls[] = {
	{&arv_camera_is_exposure_time_available, &arv_camera_get_exposure_time, &arv_camera_get_exposure_time_bounds, &arv_camera_set_exposure_time},
	{&arv_camera_is_gain_available, &arv_camera_get_gain, &arv_camera_get_gain_bounds, &arv_camera_set_gain},
	{&arv_camera_is_frame_rate_available, &arv_camera_get_frame_rate, &arv_camera_get_frame_rate_bounds, &arv_camera_set_frame_rate},
};

int av_has(av_camera *c, int control)
{
	GError *e = NULL;
	gboolean yes = (*controls[control].has)(c->camera, &e);
	if (e) {
		g_error_free(e);
		return 0;
	}
	return yes;
}

char *av_get(av_camera *c, int control, double *value, double *low, double *high)
{
	GError *e = NULL;
	*value = (*controls[control].get)(c->camera, &e);
	if (e)
		return taken(e);
	(*controls[control].bounds)(c->camera, low, high, &e);
	if (e) {
		g_error_free(e);
		*low = *high = 0;
	}
	return NULL;
}

char *av_set(av_camera *c, int control, double value)
{
	GError *e = NULL;
	(*controls[control].set)(c->camera, value, &e);
	return taken(e);
}

char *av_get_region(av_camera *c, int r[4], int b[4])
{
	GError *e = NULL;
	arv_camera_get_region(c->camera, &r[0], &r[1], &r[2], &r[3], &e);
	if (!e)
		arv_camera_get_width_bounds(c->camera, &b[0], &b[1], &e);
	if (!e)
		arv_camera_get_height_bounds(c->camera, &b[2], &b[3], &e);
	return taken(e);
}

char *av_set_region(av_camera *c, int x, int y, int w, int h)
{
	GError *e = NULL;
	arv_camera_set_region(c->camera, x, y, w, h, &e);
	return taken(e);
}

char *av_get_format(av_camera *c, char **value, char **choices)
{
	GError *e = NULL;
	const char *now = arv_camera_get_pixel_format_as_string(c->camera, &e);
	if (e)
		return taken(e);
	*value = copy(now);
	guint n = 0;
	const char **all = arv_camera_dup_available_pixel_formats_as_strings(c->camera, &n, &e);
	if (e)
		g_error_free(e);
	size_t room = 1;
	for (guint i = 0; all && i < n; i++)
		room += strlen(all[i]) + 1;
	*choices = calloc(1, room);
	for (guint i = 0; all && i < n; i++) {
		if (i)
			strcat(*choices, "\n");
		strcat(*choices, all[i]);
	}
	g_free(all);
	return NULL;
}

char *av_set_format(av_camera *c, const char *value)
{
	GError *e = NULL;
	arv_camera_set_pixel_format_from_string(c->camera, value, &e);
	return taken(e);
}
