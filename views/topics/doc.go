// Package topics is the table of the topics that the fleet tells of: who listens, on how many nodes, in which queues.
package topics
