/* S3's calls of an upload, answered at once: whatever is sent is thrown away. */
#ifndef S3_H
#define S3_H

#include "request.h"

/* 0 if the connection broke. */
int s3_answer(Request *request);

#endif
