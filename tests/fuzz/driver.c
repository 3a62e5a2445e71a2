/*
 * driver: runs a LLVMFuzzerTestOneInput without libFuzzer, for `make check` and gcc: N inputs
 * of random bytes and of mutated seeds (files named after N). A crash or a sanitizer report
 * ends it with the input in crash-input.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define INPUT_MAX 4096

static uint64_t next_random(uint64_t *state)
{
	*state ^= *state << 13;
	*state ^= *state >> 7;
	*state ^= *state << 17;
	return *state;
}

static size_t read_seed(const char *path, uint8_t *out)
{
	FILE *f = fopen(path, "rb");
	size_t n = f ? fread(out, 1, INPUT_MAX, f) : 0;

	if (f)
		fclose(f);
	return n;
}

int main(int argc, char **argv)
{
	long runs = argc > 1 ? atol(argv[1]) : 10000;
	uint64_t state = 0x9e3779b97f4a7c15u;
	uint8_t *input = malloc(INPUT_MAX);

	for (long i = 0; i < runs; i++) {
		size_t len = argc > 2 && i % 2 ? read_seed(argv[2 + (size_t)i / 2 % (size_t)(argc - 2)], input) : 0;
		unsigned changes = 1 + (unsigned)(next_random(&state) % 8);
		if (!len) {
			len = next_random(&state) % (i % 16 ? 64 : INPUT_MAX);
			changes = (unsigned)len;
		}
		for (unsigned c = 0; len && c < changes; c++)
			input[next_random(&state) % len] = (uint8_t)next_random(&state);
		/* an exact copy, so that a sanitizer sees a read past its end */
		uint8_t *exact = malloc(len ? len : 1);
		memcpy(exact, input, len);
		LLVMFuzzerTestOneInput(exact, len);
		free(exact);
	}
	free(input);
	return 0;
}
