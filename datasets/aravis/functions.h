// The functions of Aravis and GLib that are used, as their headers declare them;
// a test compiles this list against the headers. X(result, name, arguments).
#define AV_FUNCTIONS(X) \
	X(void, arv_enable_interface, (const char *)) \
	X(void, arv_update_device_list, (void)) \
	X(unsigned int, arv_get_n_devices, (void)) \
	X(const char *, arv_get_device_id, (unsigned int)) \
	X(const char *, arv_get_device_address, (unsigned int)) \
	X(const char *, arv_get_device_vendor, (unsigned int)) \
	X(const char *, arv_get_device_model, (unsigned int)) \
	X(const char *, arv_get_device_serial_nbr, (unsigned int)) \
	X(const char *, arv_get_device_protocol, (unsigned int)) \
	X(ArvCamera *, arv_camera_new, (const char *, GError **)) \
	X(ArvDevice *, arv_camera_get_device, (ArvCamera *)) \
	X(ArvStream *, arv_camera_create_stream, (ArvCamera *, ArvStreamCallback, void *, GError **)) \
	X(guint, arv_camera_get_payload, (ArvCamera *, GError **)) \
	X(void, arv_camera_set_acquisition_mode, (ArvCamera *, ArvAcquisitionMode, GError **)) \
	X(void, arv_camera_start_acquisition, (ArvCamera *, GError **)) \
	X(void, arv_camera_stop_acquisition, (ArvCamera *, GError **)) \
	X(void, arv_camera_set_trigger, (ArvCamera *, const char *, GError **)) \
	X(void, arv_camera_clear_triggers, (ArvCamera *, GError **)) \
	X(void, arv_camera_software_trigger, (ArvCamera *, GError **)) \
	X(gboolean, arv_camera_is_exposure_time_available, (ArvCamera *, GError **)) \
	X(double, arv_camera_get_exposure_time, (ArvCamera *, GError **)) \
	X(void, arv_camera_get_exposure_time_bounds, (ArvCamera *, double *, double *, GError **)) \
	X(void, arv_camera_set_exposure_time, (ArvCamera *, double, GError **)) \
	X(gboolean, arv_camera_is_gain_available, (ArvCamera *, GError **)) \
	X(double, arv_camera_get_gain, (ArvCamera *, GError **)) \
	X(void, arv_camera_get_gain_bounds, (ArvCamera *, double *, double *, GError **)) \
	X(void, arv_camera_set_gain, (ArvCamera *, double, GError **)) \
	X(gboolean, arv_camera_is_frame_rate_available, (ArvCamera *, GError **)) \
	X(double, arv_camera_get_frame_rate, (ArvCamera *, GError **)) \
	X(void, arv_camera_get_frame_rate_bounds, (ArvCamera *, double *, double *, GError **)) \
	X(void, arv_camera_set_frame_rate, (ArvCamera *, double, GError **)) \
	X(void, arv_camera_get_region, (ArvCamera *, gint *, gint *, gint *, gint *, GError **)) \
	X(void, arv_camera_set_region, (ArvCamera *, gint, gint, gint, gint, GError **)) \
	X(void, arv_camera_get_width_bounds, (ArvCamera *, gint *, gint *, GError **)) \
	X(void, arv_camera_get_height_bounds, (ArvCamera *, gint *, gint *, GError **)) \
	X(const char *, arv_camera_get_pixel_format_as_string, (ArvCamera *, GError **)) \
	X(void, arv_camera_set_pixel_format_from_string, (ArvCamera *, const char *, GError **)) \
	X(const char **, arv_camera_dup_available_pixel_formats_as_strings, (ArvCamera *, guint *, GError **)) \
	X(void, arv_stream_push_buffer, (ArvStream *, ArvBuffer *)) \
	X(ArvBuffer *, arv_stream_timeout_pop_buffer, (ArvStream *, guint64)) \
	X(ArvBuffer *, arv_stream_try_pop_buffer, (ArvStream *)) \
	X(ArvBuffer *, arv_buffer_new_allocate, (size_t)) \
	X(ArvBufferStatus, arv_buffer_get_status, (ArvBuffer *)) \
	X(ArvBufferPayloadType, arv_buffer_get_payload_type, (ArvBuffer *)) \
	X(const void *, arv_buffer_get_image_data, (ArvBuffer *, size_t *)) \
	X(gint, arv_buffer_get_image_width, (ArvBuffer *)) \
	X(gint, arv_buffer_get_image_height, (ArvBuffer *)) \
	X(void, arv_buffer_get_image_padding, (ArvBuffer *, gint *, gint *)) \
	X(ArvPixelFormat, arv_buffer_get_image_pixel_format, (ArvBuffer *)) \
	X(guint64, arv_buffer_get_frame_id, (ArvBuffer *)) \
	X(guint64, arv_buffer_get_timestamp, (ArvBuffer *)) \
	X(guint64, arv_buffer_get_system_timestamp, (ArvBuffer *)) \
	X(void, g_object_unref, (gpointer)) \
	X(gulong, g_signal_connect_data, (gpointer, const gchar *, GCallback, gpointer, GClosureNotify, GConnectFlags)) \
	X(void, g_error_free, (GError *)) \
	X(void, g_free, (gpointer))
