#include "entity/wmi.h"

#include "core/attr.h"
#include "core/fold.h"

#define LIST(...) ((const char *const[]){ __VA_ARGS__, NULL })

/* What moves on a machine at rest, by the class of the row. */
static const struct {
	const char *class;
	const char *const *properties;
} table[] = {
	{ "AntiVirusProduct", LIST("timestamp") },
	{ "AntiSpywareProduct", LIST("timestamp") },
	{ "FirewallProduct", LIST("timestamp") },
	{ "MSFT_MpComputerStatus",
		LIST("FullScanAge", "QuickScanAge", "AntivirusSignatureAge",
			"AntispywareSignatureAge", "NISSignatureAge", "FullScanEndTime",
			"FullScanStartTime", "QuickScanEndTime", "QuickScanStartTime",
			"AntivirusSignatureLastUpdated", "AntispywareSignatureLastUpdated",
			"NISSignatureLastUpdated", "AntivirusSignatureVersion",
			"AntispywareSignatureVersion", "NISSignatureVersion", "ComputerState",
			"LastFullScanSource", "LastQuickScanSource", "FullScanSignatureVersion",
			"QuickScanSignatureVersion") },
	{ "Win32_Battery", LIST("EstimatedChargeRemaining", "EstimatedRunTime", "BatteryStatus") },
	{ "Win32_ComputerSystem", LIST("NumberOfProcesses", "UserName", "CurrentTimeZone",
					  "EnableDaylightSavingsTime", "ThermalState", "PowerState",
					  "FreePhysicalMemory") },
	{ "Win32_EncryptableVolume", LIST("EncryptionPercentage") },
	{ "Win32_IP4RouteTable", LIST("Age") },
	{ "Win32_LocalTime", LIST("Year", "Month", "Day", "DayOfWeek", "WeekInMonth", "Quarter",
				     "Hour", "Minute", "Second", "Milliseconds") },
	{ "Win32_LogicalDisk", LIST("FreeSpace", "QuotasIncomplete", "QuotasRebuilding") },
	{ "Win32_LogonSession", LIST("StartTime") },
	{ "Win32_NetworkAdapter",
		LIST("Speed", "TimeOfLastReset", "NetConnectionStatus", "Availability") },
	{ "Win32_NetworkAdapterConfiguration", LIST("DHCPLeaseExpires", "DHCPLeaseObtained") },
	{ "Win32_OperatingSystem",
		LIST("LocalDateTime", "FreePhysicalMemory", "FreeSpaceInPagingFiles",
			"FreeVirtualMemory", "NumberOfProcesses", "NumberOfUsers", "LastBootUpTime",
			"CurrentTimeZone", "SizeStoredInPagingFiles", "TotalVirtualMemorySize") },
	{ "Win32_PageFileUsage", LIST("CurrentUsage", "PeakUsage", "AllocatedBaseSize") },
	{ "Win32_Process",
		LIST("CreationDate", "HandleCount", "KernelModeTime", "MaximumWorkingSetSize",
			"MinimumWorkingSetSize", "OtherOperationCount", "OtherTransferCount",
			"PageFaults", "PageFileUsage", "PeakPageFileUsage", "PeakVirtualSize",
			"PeakWorkingSetSize", "Priority", "PrivatePageCount",
			"QuotaNonPagedPoolUsage", "QuotaPagedPoolUsage",
			"QuotaPeakNonPagedPoolUsage", "QuotaPeakPagedPoolUsage",
			"ReadOperationCount", "ReadTransferCount", "ThreadCount", "UserModeTime",
			"VirtualSize", "WorkingSetSize", "WriteOperationCount",
			"WriteTransferCount") },
	{ "Win32_Processor", LIST("CurrentClockSpeed", "LoadPercentage", "CurrentVoltage",
				     "Availability", "StatusInfo", "CpuStatus") },
	{ "Win32_Service", LIST("ProcessId", "CheckPoint", "WaitHint", "ExitCode",
				   "ServiceSpecificExitCode") },
	{ "Win32_SystemDriver", LIST("ExitCode", "ServiceSpecificExitCode") },
	{ "Win32_Volume", LIST("FreeSpace", "DirtyBitSet") },
};

const char *const *wmi_volatile(struct span class)
{
	static const char *const none[] = { NULL };

	for (size_t i = 0; i < ARRAY_LEN(table); i++)
		if (fold_same(span_of(table[i].class), class))
			return table[i].properties;
	return none;
}
