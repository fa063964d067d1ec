#include "s3.h"

#include <string.h>

static const char XML[] = "Content-Type: application/xml\r\n";
static const char ETAG[] = "ETag: \"9b2cf535f27731c974343645a3985328\"\r\n";
static const char CREATED[] =
    "<?xml version=\"1.0\" encoding=\"UTF-8\"?><InitiateMultipartUploadResult><Bucket>bench</Bucket><Key>file</Key>"
    "<UploadId>2eb2f4ea7d8c4b6a9b2cf535f27731c9</UploadId></InitiateMultipartUploadResult>";
static const char COMPLETED[] =
    "<?xml version=\"1.0\" encoding=\"UTF-8\"?><CompleteMultipartUploadResult><Location>here</Location>"
    "<Bucket>bench</Bucket><Key>file</Key><ETag>\"9b2cf535f27731c974343645a3985328-2\"</ETag>"
    "</CompleteMultipartUploadResult>";

int s3_answer(Request *request) {
    if (!body_drop(request)) return 0;
    if (!strcmp(request->method, "DELETE") || !strcmp(request->method, "OPTIONS"))
        return answer(request, "204 No Content", "", "", 0);
    if (strcmp(request->method, "POST")) return answer(request, "200 OK", ETAG, "", 0);
    if (strstr(request->target, "uploadId=")) return answer(request, "200 OK", XML, COMPLETED, sizeof COMPLETED - 1);
    return answer(request, "200 OK", XML, CREATED, sizeof CREATED - 1);
}
