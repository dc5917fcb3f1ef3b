/* What kernels need beside themselves, and NumPy's matrix product, for which Pyodide brings no BLAS. */

#include <stddef.h>
#include <stdint.h>

void *malloc(size_t size);
void free(void *memory);

/* ---- arrays that a kernel makes: Numba counts who holds them */

typedef struct {
    int64_t held;
    void *unused[4];
    void *data; /* at byte 24, as in Numba's MemInfo */
} MemInfo;

MemInfo *NRT_MemInfo_alloc_aligned(int64_t size, int32_t align) {
    MemInfo *made = malloc(sizeof(MemInfo) + size + align);
    made->held = 1;
    made->data = (void *)(((uintptr_t)(made + 1) + align - 1) / align * align);
    return made;
}

MemInfo *NRT_MemInfo_alloc_safe_aligned(int64_t size, int32_t align) {
    return NRT_MemInfo_alloc_aligned(size, align);
}

void NRT_incref(MemInfo *info) {
    if (info) info->held++;
}

void NRT_decref(MemInfo *info) {
    if (info && --info->held == 0) free(info);
}

/* Kernels only give another shape to what lies in C order. */
int32_t numba_attempt_nocopy_reshape(int64_t old_ndim, const int64_t *old_shape, const int64_t *old_strides,
                                     int64_t ndim, const int64_t *shape, int64_t *strides, int64_t itemsize,
                                     int32_t fortran) {
    for (int64_t i = ndim, stride = itemsize; i-- > 0; stride *= shape[i]) strides[i] = stride;
    return 1;
}

/* The product of two integers of 128 bits, which the processor of the browser has no instruction for. */
unsigned __int128 __multi3(unsigned __int128 a, unsigned __int128 b) {
    const uint64_t a_low = a, b_low = b, half = 0xFFFFFFFF;
    const uint64_t low = (a_low & half) * (b_low & half);
    const uint64_t one = (a_low >> 32) * (b_low & half) + (low >> 32);
    const uint64_t other = (a_low & half) * (b_low >> 32) + (one & half);
    const uint64_t high = (a_low >> 32) * (b_low >> 32) + (one >> 32) + (other >> 32);
    const uint64_t crossed = a_low * (uint64_t)(b >> 64) + (uint64_t)(a >> 64) * b_low;
    return (unsigned __int128)(high + crossed) << 64 | other << 32 | (low & half);
}

/* ---- c = a b: the loop that NumPy calls for each product in a stack of them

Blocks of b, and four rows of a at a time, are copied to where they lie one after the other; so the innermost loop runs
along rows of b and c, which the compiler turns into vectors, and every stride is as fast as any other. */

enum { DEPTH = 128, WIDTH = 512, ROWS = 4 };

#define MATMUL(NAME, REAL)                                                                                         \
    static void NAME##_one(char *a, char *b, char *c, intptr_t m, intptr_t n, intptr_t p, const intptr_t *s) {     \
        static REAL panel[DEPTH][WIDTH], sums[ROWS][WIDTH];                                                        \
        for (intptr_t j0 = 0; j0 < p; j0 += WIDTH) {                                                               \
            const intptr_t width = p - j0 < WIDTH ? p - j0 : WIDTH;                                                \
            for (intptr_t k0 = 0; k0 < n || k0 == 0; k0 += DEPTH) {                                                \
                const intptr_t depth = n - k0 < DEPTH ? n - k0 : DEPTH;                                            \
                for (intptr_t k = 0; k < depth; k++)                                                               \
                    for (intptr_t j = 0; j < width; j++)                                                           \
                        panel[k][j] = *(REAL *)(b + (k0 + k) * s[2] + (j0 + j) * s[3]);                            \
                for (intptr_t i0 = 0; i0 < m; i0 += ROWS) {                                                        \
                    const intptr_t rows = m - i0 < ROWS ? m - i0 : ROWS;                                           \
                    for (intptr_t i = 0; i < ROWS; i++)                                                            \
                        for (intptr_t j = 0; j < width; j++) sums[i][j] = 0;                                       \
                    for (intptr_t k = 0; k < depth; k++) {                                                         \
                        REAL left[ROWS] = {0};                                                                     \
                        for (intptr_t i = 0; i < rows; i++)                                                        \
                            left[i] = *(REAL *)(a + (i0 + i) * s[0] + (k0 + k) * s[1]);                            \
                        for (intptr_t j = 0; j < width; j++) {                                                     \
                            const REAL right = panel[k][j];                                                        \
                            sums[0][j] += left[0] * right;                                                         \
                            sums[1][j] += left[1] * right;                                                         \
                            sums[2][j] += left[2] * right;                                                         \
                            sums[3][j] += left[3] * right;                                                         \
                        }                                                                                          \
                    }                                                                                              \
                    for (intptr_t i = 0; i < rows; i++)                                                            \
                        for (intptr_t j = 0; j < width; j++) {                                                     \
                            REAL *to = (REAL *)(c + (i0 + i) * s[4] + (j0 + j) * s[5]);                            \
                            *to = k0 ? *to + sums[i][j] : sums[i][j];                                              \
                        }                                                                                          \
                }                                                                                                  \
            }                                                                                                      \
        }                                                                                                          \
    }                                                                                                              \
    void NAME(char **args, const intptr_t *dims, const intptr_t *steps, void *unused) {                            \
        for (intptr_t i = 0; i < dims[0]; i++)                                                                     \
            NAME##_one(args[0] + i * steps[0], args[1] + i * steps[1], args[2] + i * steps[2], dims[1], dims[2],   \
                       dims[3], steps + 3);                                                                        \
    }

MATMUL(matmul_float32, float)
MATMUL(matmul_float64, double)
