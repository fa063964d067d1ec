/* Portway's native API, answered at once and without a memory: an upload's id says all that is known of it. */
#ifndef PORTWAY_H
#define PORTWAY_H

#include "request.h"

/* Answer a request below /v1; `scheme` is that of the signed URLs. 0 if the connection broke. */
int portway_answer(Request *request, const char *scheme);

#endif
