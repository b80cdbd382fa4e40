// Package topics is the table of the topics that the fleet tells of: who listens, on how many nodes, in which queues, and,
// while it is asked to measure, how much is published.
package topics
