/*
 * mp/mp.h -- everything of libmp, in reading order
 */
#ifndef MP_MP_H
#define MP_MP_H

#include <mp/version.h>
#include <mp/error.h>
#include <mp/process.h>
#include <mp/lock.h>
#include <mp/semaphore.h>
#include <mp/event.h>
#include <mp/condition.h>
#include <mp/barrier.h>
#include <mp/serializer.h>
#include <mp/value.h>
#include <mp/queue.h>
#include <mp/connection.h>
#include <mp/shared.h>
#include <mp/task.h>
#include <mp/result.h>
#include <mp/iterator.h>
#include <mp/pool.h>
#include <mp/wait.h>

#endif
