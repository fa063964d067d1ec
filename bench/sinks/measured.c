/* Run a command and say what it cost: measured REPORT COMMAND [ARGUMENT…]
 *
 * REPORT gets {"seconds", "cpu_seconds", "peak_kib"} of the command and the children it waited for; the exit code is the
 * command's. A program as small as this one has to start it: the peak that the kernel counts includes the parent's
 * memory at the time of the fork. */
#include <stdio.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static double now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

static double seconds(struct timeval time) { return (double)time.tv_sec + (double)time.tv_usec / 1e6; }

int main(int count, char **words) {
    if (count < 3) return 2;
    double start = now();
    pid_t pid = fork();
    if (pid == 0) {
        execvp(words[2], words + 2);
        perror(words[2]);
        _exit(127);
    }
    int status;
    struct rusage used;
    if (pid < 0 || wait4(pid, &status, 0, &used) < 0) return 2;
    double taken = now() - start;
    FILE *report = fopen(words[1], "w");
    if (!report) return 2;
    fprintf(report, "{\"seconds\": %.6f, \"cpu_seconds\": %.6f, \"peak_kib\": %ld}\n", taken,
            seconds(used.ru_utime) + seconds(used.ru_stime), used.ru_maxrss);
    fclose(report);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}
