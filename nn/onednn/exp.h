#ifndef AGUR_EXP_H
#define AGUR_EXP_H

// expf for finite arguments, to 2 ulp: 2^k times a polynomial on [-ln2/2, ln2/2].
static inline float exp1(float x) {
  x = x > 88.f ? 88.f : x < -87.f ? -87.f : x;
  const float k = (x * 1.44269504f + 0x1.8p23f) - 0x1.8p23f;
  const float r = (x - k * 0.693359375f) + k * 2.12194440e-4f;
  float p = 1.9875691500e-4f;
  p = p * r + 1.3981999507e-3f;
  p = p * r + 8.3334519073e-3f;
  p = p * r + 4.1665795894e-2f;
  p = p * r + 1.6666665459e-1f;
  p = p * r + 5.0000001201e-1f;
  p = p * r * r + r + 1;
  union {
    int i;
    float f;
  } s = {((int)k + 127) << 23};
  return p * s.f;
}
#endif
